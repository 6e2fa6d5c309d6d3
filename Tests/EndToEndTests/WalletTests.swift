import ChildProcesses
import Contributor
import DAP
import Foundation
import Tasks
import TestSupport
import Testing
import Wallet

extension EndToEnd {
    /// The wallet as people and scripts use it.
    @Suite struct WalletUse {
        @Test func walletsAreMadeShownAndLockedByTheirPassphrase() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            let missing = try await Cairn.run("wallet", "show", home: home)
            #expect(missing.status == 1 && missing.errors.contains("cairn wallet init"), "\(missing.errors)")

            try await Cairn.succeed("wallet", "init", home: home)
            let again = try await Cairn.run("wallet", "init", home: home)
            #expect(again.status == 1 && again.errors.contains("exists already"), "\(again.errors)")
            let shown = try await Cairn.succeed("wallet", "show", "--json", home: home).json()
            #expect((shown["tasks"] as? [Any])?.isEmpty == true)
            let seed = try await Cairn.succeed("wallet", "seed", home: home).output
            #expect(seed.count == 65 && seed.hasSuffix("\n") && seed.dropLast().allSatisfy(\.isHexDigit))

            let wrong = ["CAIRN_PASSPHRASE": "not it"]
            let refused = try await Cairn.run("wallet", "seed", home: home, environment: wrong)
            #expect(refused.status == 1 && refused.errors.contains("the passphrase does not open"), "\(refused.errors)")
            #expect(refused.output.isEmpty)
            // A file goes before a value, and only its first line counts.
            let file = "\(folder.path)/passphrase"
            try "\(TestWallet.passphrase)\nrest\n".write(toFile: file, atomically: true, encoding: .utf8)
            let both = wrong.merging(["CAIRN_PASSPHRASE_FILE": file]) { $1 }
            #expect(try await Cairn.succeed("wallet", "seed", home: home, environment: both).output == seed)
        }

        @Test func withoutAPassphraseOrATerminalTheErrorSaysWhatToSet() async throws {
            let folder = try TemporaryFolder()
            // A session of its own has no terminal, whoever runs the tests.
            let result = try await Self.run(
                ["/usr/bin/setsid", "--wait", try Cairn.path(), "wallet", "init"], home: "\(folder.path)/home")
            #expect(result.status == 1)
            #expect(result.output.contains("CAIRN_PASSPHRASE_FILE or CAIRN_PASSPHRASE"), "\(result.output)")
            #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/home/wallet"))
        }

        /// Asked twice on a terminal that shows nothing of it; corrections while typing count.
        @Test func passphrasesAreTypedWithoutEcho() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            let result = try await Self.run(
                ["/usr/bin/setsid", "--ctty", "--wait", try Cairn.path(), "wallet", "init"], home: home,
                typing: ["secretivx\u{7F}e\n", "wrong\u{15}secretive\n"])
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("once more: "))
            #expect(!result.output.contains("secre"))
            try await Cairn.succeed("wallet", "seed", home: home, environment: ["CAIRN_PASSPHRASE": "secretive"])

            let differing = try await Self.run(
                ["/usr/bin/setsid", "--ctty", "--wait", try Cairn.path(), "wallet", "init"], home: home + "-2",
                typing: ["one\n", "two\n"])
            #expect(differing.status == 1 && differing.output.contains("differ"), "\(differing.output)")
            let interrupted = try await Self.run(
                ["/usr/bin/setsid", "--ctty", "--wait", try Cairn.path(), "wallet", "init"], home: home + "-2",
                typing: ["on\u{3}"])
            #expect(interrupted.status == 130, "\(interrupted.output)")
            #expect(!FileManager.default.fileExists(atPath: home + "-2/wallet"))
        }

        @Test func backupsComeHomeUnderTheirOwnPassphrase() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            try TestWallet.create(in: home)
            let report = ReportRecord(
                taskID: TaskID(unchecked: [UInt8](repeating: 1, count: 32)), reportID: .random(), time: 1,
                state: .stored, opening: nil)
            try TestWallet.open(in: home).save([.report(report)])
            let seed = try await Cairn.succeed("wallet", "seed", home: home).output
            let (backup, other) = ("\(folder.path)/backup", "\(folder.path)/other")
            try "another passphrase\n".write(toFile: other, atomically: true, encoding: .utf8)
            try await Cairn.succeed("wallet", "export", backup, "--new-passphrase-file", other, home: home)
            let twice = try await Cairn.run("wallet", "export", backup, home: home)
            #expect(twice.status == 1 && twice.errors.contains("exists already"))

            let elsewhere = "\(folder.path)/elsewhere"
            let restored = try await Cairn.succeed(
                "wallet", "import", backup, "--backup-passphrase-file", other, "--json", home: elsewhere)
            #expect(try restored.json()["is_new"] as? Bool == true)
            #expect(try restored.json()["added"] as? Int == 1)
            #expect(try await Cairn.succeed("wallet", "seed", home: elsewhere).output == seed)
            let united = try await Cairn.succeed(
                "wallet", "import", backup, "--backup-passphrase-file", other, "--json", home: home)
            #expect(try united.json()["added"] as? Int == 0)

            let stranger = "\(folder.path)/stranger"
            try TestWallet.create(in: stranger)
            let refused = try await Cairn.run(
                "wallet", "import", backup, "--backup-passphrase-file", other, home: stranger)
            #expect(refused.status == 1 && refused.errors.contains("another seed"), "\(refused.errors)")

            try await Cairn.succeed("wallet", "passwd", "--new-passphrase-file", other, home: home)
            #expect(try await Cairn.run("wallet", "seed", home: home).status == 1)
            let changed = ["CAIRN_PASSPHRASE": "another passphrase"]
            #expect(try await Cairn.succeed("wallet", "seed", home: home, environment: changed).output == seed)
        }

        /// Several commands at once on one wallet: nothing is lost, nothing waits for another's network.
        @Test func processesShareAWallet() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "shared", "--vdaf", "count", "--min-batch-size", "1", TestNodes.acceptWeakPromises,
                    "--max-batch-size", "100")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await Cairn.succeed("contribute", "--task", "shared", "--value", "1", home: nodes.home)
                        }
                    }
                    try await group.waitForAll()
                }
                let shown = try await Cairn.succeed("wallet", "show", "--json", home: nodes.home).json()
                let row = try #require((shown["tasks"] as? [[String: Any]])?.first)
                #expect(row["task_id"] as? String == task.taskID.base64URL && row["name"] as? String == "shared")
                for (key, value) in ["reports": 6, "openings": 6, "stored": 6, "promises": 6, "sent": 0] {
                    #expect(row[key] as? Int == value, "\(key)")
                }
                try await openingsAreSavedBeforeAnythingIsSent(task, nodes)
            }
        }

        /// The leader may have got the report and died before it answered: its opening must be on the disk.
        private func openingsAreSavedBeforeAnythingIsSent(_ task: TaskFile, _ nodes: TestNodes) async throws {
            let client = try TaskClient(task: task, transport: HTTPTransport(deadline: .zero))
            _ = try await client.aggregatorConfigs()
            await nodes.leader.kill()
            let wallet = try nodes.wallet()
            await #expect(throws: ContributorError.self) {
                try await client.upload([.bool(true), .bool(false)], wallet: wallet)
            }
            let sent = try nodes.wallet().records().filter(\.state.isOpen)
            #expect(sent.compactMap(\.opening).map(\.values).sorted { $0[0] < $1[0] } == [[0], [1]])
        }

        /// Runs a program that knows no passphrase, on a terminal if something is to be typed; `output` is all that it
        /// shows.
        private static func run(
            _ arguments: [String], home: String, typing: [String] = []
        ) async throws -> (status: Int32, output: String) {
            let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            defer { close(master) }
            // TIOCSPTLCK and TIOCGPTN of Linux: unlocks the other end, and tells its number.
            var (unlocked, number): (Int32, Int32) = (0, 0)
            let isOpen = ioctl(master, 0x4004_5431, &unlocked) == 0 && ioctl(master, 0x8004_5430, &number) == 0
            try #require(isOpen, "no pseudo-terminal: \(String(cString: strerror(errno)))")
            let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            try #require(slave >= 0)
            _ = fcntl(master, F_SETFL, O_NONBLOCK)
            let process = try await ChildProcess.start(
                arguments[0], Array(arguments.dropFirst()),
                environment: ["CAIRN_PASSPHRASE": nil, "CAIRN_PASSPHRASE_FILE": nil, "CAIRN_HOME": home],
                output: .descriptor(slave, isInput: !typing.isEmpty))
            var output: [UInt8] = []
            func read() {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = Foundation.read(master, &buffer, buffer.count)
                    guard count > 0 else { return }
                    output += buffer[..<count]
                }
            }
            // What is typed before the prompt is thrown away, as on any terminal.
            for (number, text) in typing.enumerated() {
                for _ in 0..<6000
                where String(decoding: output, as: UTF8.self).components(separatedBy: ": ").count
                    < number + 2
                {
                    read()
                    try await Task.sleep(for: .milliseconds(10))
                }
                try await Task.sleep(for: .milliseconds(100))
                _ = Array(text.utf8).withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            }
            while !process.hasEnded {
                read()
                try await Task.sleep(for: .milliseconds(10))
            }
            read()
            return (try await process.wait().status, String(decoding: output, as: UTF8.self))
        }
    }
}
