import ChildProcesses
import Contributor
import DAP
import Foundation
import TestSupport
import Testing
import Wallet

extension EndToEnd {
    /// Results that have nowhere to go. `/dev/full` takes nothing, as a full disk does.
    @Suite struct OutputFailures {
        /// Runs `cairn` as a shell line; `$cairn` is the program.
        private func shell(_ line: String, home: String) async throws -> CommandResult {
            let outcome = try await ChildProcess.run(
                "/bin/bash", ["-c", line],
                environment: [
                    "CAIRN_PASSPHRASE": TestWallet.passphrase, "CAIRN_PASSPHRASE_FILE": nil, "CAIRN_HOME": home,
                    "HOME": home, "cairn": try Cairn.path(),
                ])
            return CommandResult(
                status: outcome.ending.status, output: String(decoding: outcome.output, as: UTF8.self),
                errors: String(decoding: outcome.errors, as: UTF8.self))
        }

        /// A home with a wallet of one report, a task and a model, made by the program itself.
        private func prepared(_ folder: TemporaryFolder) async throws -> String {
            let home = "\(folder.path)/home"
            try TestWallet.create(in: home)
            let report = ReportRecord(
                taskID: TaskID(unchecked: [UInt8](repeating: 1, count: 32)), reportID: .random(), time: 1,
                state: .stored, opening: nil)
            try TestWallet.open(in: home).save([.report(report)])
            return home
        }

        /// Commands that print something without a node, and each command's help.
        private static let commands = [
            "--help", "--version", "wallet --help", "wallet seed --help", "help contribute",
            "--generate-completion-script bash", "wallet seed", "wallet show", "wallet show --json",
            "wallet export $HOME/../backup", "receipt list", "receipt list --json", "task list", "task list --json",
            "keygen log --name example.org/x --out $HOME/../log", "keygen token --json --out $HOME/../token",

            "model create --features 2 --classes a,b --scaling 0:1 --model $HOME/../model --training $HOME/../training",
        ]

        @Test(arguments: commands)
        func aFullDiskIsAFailureOfEveryCommand(command: String) async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let result = try await shell("exec $cairn \(command) >/dev/full", home: home)
            #expect(result.status == 74, "\(command): \(result.status) \(result.errors)")
            #expect(result.errors.contains("the disk is full"), "\(command): \(result.errors)")
            #expect(!result.errors.contains("Fatal"), "\(command): \(result.errors)")
        }

        /// `ulimit -f`: the system would end the process, in the middle of the backup.
        @Test func aFileThatMustNotGrowIsAFailureWithWords() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            for index in 0..<20 {
                let report = ReportRecord(
                    taskID: TaskID(unchecked: [UInt8](repeating: UInt8(index), count: 32)), reportID: .random(),
                    time: 1, state: .stored, opening: nil)
                try TestWallet.open(in: home).save([.report(report)])
            }
            let result = try await shell("ulimit -f 1; exec $cairn wallet export $HOME/../backup", home: home)
            #expect(result.status == 1 && result.errors.contains("larger than is allowed"), "\(result)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["home"], "nothing is left")
        }

        /// Without a standard output, the next file that is opened gets its number: nothing may be printed into it.
        @Test func aClosedStandardOutputIsAFailureAndNothingIsPrintedIntoTheWallet() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let before = try Data(contentsOf: URL(fileURLWithPath: "\(home)/wallet"))
            for command in ["wallet seed", "wallet show", "--version", "--help", "receipt list --json"] {
                let result = try await shell("exec $cairn \(command) >&-", home: home)
                #expect(result.status == 74 && result.errors.contains("closed"), "\(command): \(result.errors)")
                let silent = try await shell("exec $cairn \(command) >&- 2>&- <&-", home: home)
                #expect(silent.status == 74, "\(command)")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(home)/wallet")) == before)
        }

        /// A reader that has seen enough: no word, and no success either.
        @Test func aReaderThatHasGoneIsNoSuccessAndNoNoise() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let result = try await shell(
                "(sleep 0.3; exec $cairn wallet seed) | true; exit ${PIPESTATUS[0]}", home: home)
            #expect(result.status == 74)
            #expect(result.errors.isEmpty, "\(result.errors)")
        }

        /// A file that may not grow takes a part of what is written, and then nothing.
        @Test func aShortWriteIsAFailure() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let result = try await shell(
                "trap '' XFSZ; ulimit -f 1; exec $cairn --generate-completion-script bash >$HOME/script", home: home)
            #expect(result.status == 74 && result.errors.contains("larger than is allowed"), "\(result.errors)")
        }

        /// What goes to a file, a pipe or a device by name is checked as well; a failed file leaves nothing behind.
        @Test func resultsThatAreNamedAreCheckedToo() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let model = "model create --features 2 --classes a,b --scaling 0:1 --training $HOME/training --model"
            let full = try await shell("exec $cairn \(model) /dev/full", home: home)
            #expect(full.status != 0 && full.errors.contains("/dev/full cannot be written"), "\(full.errors)")
            try FileManager.default.removeItem(atPath: "\(home)/training")
            let wide =
                "model create --features 5000 --classes a,b --scaling 0:1 --training $HOME/training --model $HOME/model"
            let short = try await shell("trap '' XFSZ; ulimit -f 8; exec $cairn \(wide)", home: home)
            #expect(short.status != 0 && short.errors.contains("model"), "\(short.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: home).filter { $0.hasPrefix("model") }
            #expect(left.isEmpty, "\(left)")
            try? FileManager.default.removeItem(atPath: "\(home)/training")
            let piped = try await shell(
                "$cairn \(model) $HOME/first >/dev/null && rm $HOME/training && mkfifo $HOME/pipe "
                    + "&& { $cairn \(model) $HOME/pipe >/dev/null & } && cmp $HOME/pipe $HOME/first && wait $!",
                home: home)
            #expect(piped.status == 0, "\(piped.errors) \(piped.output)")
        }

        @Test func aTildeIsTheHomeAndALinkStaysOne() async throws {
            let folder = try TemporaryFolder()
            let home = try await prepared(folder)
            let made = try await shell(
                "mkdir $HOME/keys; ln -s keys/real $HOME/key; exec $cairn keygen token '--out=~/key'", home: home)
            #expect(made.status == 0, "\(made.errors)")
            #expect(FileManager.default.fileExists(atPath: "\(home)/keys/real"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(home)/key") == "keys/real")
            let homeless = try await shell("unset HOME CAIRN_HOME; exec $cairn wallet show", home: home)
            #expect(homeless.status != 0 && homeless.errors.contains("HOME is not set"), "\(homeless.errors)")
        }
    }
}
