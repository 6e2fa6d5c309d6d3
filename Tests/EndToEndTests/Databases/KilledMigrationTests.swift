import ChildProcesses
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A node of this version is killed while it carries a database of the version before over: the file is what it was, or
    /// all of what it becomes, and the next start goes on.
    @Suite struct KilledMigrations {
        /// A leader with a database of the version before, large enough that each step takes a while.
        private struct Former {
            let folder = try? TemporaryFolder()
            let configuration: String
            let original: String
            let path: String

            init() async throws {
                let node = "\(try #require(folder).path)/leader"
                try await Cairn.succeed(
                    "node", "init", "--role", "leader", "--dir", node, "--listen", "127.0.0.1:1", "--peer-url",
                    "http://127.0.0.1:2", "--log-origin", "test.example/log")
                configuration = "\(node)/leader.yaml"
                original = "\(node)/original.sqlite"
                path = "\(node)/data/node.sqlite"
                try FileManager.default.createDirectory(
                    atPath: "\(node)/data/keys", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
                // What the node of before had counted when it stopped.
                try Data("39\n".utf8).write(to: URL(fileURLWithPath: "\(node)/data/keys/generation"))
                let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .deletingLastPathComponent().appending(path: "DatastoreTests/Fixtures/schema1/leader.sql")
                let file = RawFile(path: original)
                try file.run(String(contentsOf: fixture, encoding: .utf8))
                // Requests of 12 MB, and open shares that are easy to find.
                try file.run("UPDATE leader_jobs SET request = randomblob(2000000) WHERE request IS NOT NULL")
                try file.run("UPDATE leader_payloads SET input_share = CAST('\(Former.marker)' AS BLOB)")
            }

            static let marker = "an input share that is easy to find"

            /// Puts the original in the place of whatever there is.
            func reset() throws {
                for name in ["", "-wal", "-shm", ".before-2", ".before-2.unfinished"] {
                    try? FileManager.default.removeItem(atPath: path + name)
                }
                try FileManager.default.copyItem(atPath: original, toPath: path)
            }

            /// A command that would change something in the database, and so migrates it. It finds nothing to do.
            var command: [String] { ["node", "task", "remove", "--config", configuration, "a task of nobody"] }

            /// Whether the command has looked for the task in tables of this version.
            func hasRead(_ outcome: CommandResult) -> Bool {
                outcome.status == 1 && outcome.errors.contains("knows no task")
            }

            func exists(_ suffix: String) -> Bool { FileManager.default.fileExists(atPath: path + suffix) }

            /// Whether somebody who reads the file finds an open share in it.
            func hasOpenShare() throws -> Bool {
                let marker = Data(Former.marker.utf8)
                return try ["", "-wal"].filter(exists).contains {
                    try Data(contentsOf: URL(fileURLWithPath: path + $0)).firstRange(of: marker) != nil
                }
            }
        }

        /// Tables in which nothing is drawn by chance.
        private static let constant = [
            "task_ids", "tasks", "leader_reports", "leader_buckets", "leader_jobs", "leader_job_requests",
            "leader_turns", "leader_batches", "leader_collections", "collection_parts", "log_entries", "log_head",
            "log_submissions",
        ]

        @Test func aMigrationThatIsKilledAnywhereLeavesTheOldOrTheNew() async throws {
            let former = try await Former()
            let before = try RawFile(path: former.original).everything()
            try former.reset()
            let start = ContinuousClock.now
            let undisturbed = try await Cairn.run(former.command)
            let length = ContinuousClock.now - start
            #expect(former.hasRead(undisturbed), "\(undisturbed.errors)")
            let after = try RawFile(path: former.path).everything().filter { Self.constant.contains($0.key) }
            #expect(after.count == Self.constant.count)

            var found: [String: Int] = [:]
            /// - Parameter isReached: says when the knife falls.
            func kill(_ step: String, when isReached: (ChildProcess) async throws -> Bool) async throws {
                try former.reset()
                let process = try await ChildProcess.start(
                    Cairn.path(), former.command, output: .log("\(former.configuration).log"))
                while try await !isReached(process) { try await Task.sleep(for: .milliseconds(1)) }
                await process.kill()
                // What a person finds there, with the program of before or with this one.
                let now = try RawFile(path: former.path).everything()
                if now["cairn_schema"] == nil {
                    #expect(now == before, "killed at step \(step)")
                    let isCopying = former.exists(".before-2.unfinished")
                    found[former.exists(".before-2") ? "copied" : isCopying ? "copying" : "old", default: 0] += 1
                } else {
                    #expect(now.filter { Self.constant.contains($0.key) } == after, "killed at step \(step)")
                    found["new", default: 0] += 1
                }
                let next = try await Cairn.run(former.command)
                #expect(former.hasRead(next), "\(next.errors)")
                let finished = try RawFile(path: former.path).everything()
                #expect(finished.filter { Self.constant.contains($0.key) } == after, "after step \(step)")
                #expect(try RawFile(path: former.path + ".before-2").everything() == before, "after step \(step)")
                #expect(!former.exists(".before-2.unfinished"))
                #expect(try !former.hasOpenShare(), "after step \(step)")
            }
            for step in 0..<8 {
                let start = ContinuousClock.now
                try await kill("\(step)") { _ in ContinuousClock.now - start > length * (Double(step) / 7) }
            }
            // Where it fell by time depends on what else the machine does. By the files, it meets each moment.
            for (moment, file) in [("old", ""), ("copying", ".before-2.unfinished"), ("copied", ".before-2")] {
                for _ in 0..<20 where found[moment] == nil {
                    try await kill(moment) { former.exists(file) || $0.hasEnded }
                }
            }
            if found["new"] == nil { try await kill("new") { $0.hasEnded } }
            #expect(found["copying", default: 0] > 0 && found["copied", default: 0] > 0, "\(found)")
            #expect(found["old", default: 0] > 0 && found["new", default: 0] > 0, "\(found)")
        }

        @Test(arguments: [
            ["status"], ["task", "list"], ["task", "show", "task 161"], ["jobs", "list"], ["jobs", "show", "1"],
        ])
        func commandsThatOnlyLookLeaveADatabaseOfTheVersionBefore(command: [String]) async throws {
            let former = try await Former()
            try former.reset()
            let before = try Data(contentsOf: URL(fileURLWithPath: former.path))
            let outcome = try await Cairn.run(["node"] + command + ["--config", former.configuration])
            #expect(outcome.status == 1, "\(outcome.output)")
            #expect(
                outcome.errors.contains("of an older version of cairn") && outcome.errors.contains("start the node"),
                "\(outcome.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: former.path)) == before)
            #expect(!former.exists(".before-2") && !former.exists(".before-2.unfinished"))
        }

        /// The same file again and again, as a service manager starts what dies.
        @Test func aMigrationThatIsKilledManyTimesEndsAllTheSame() async throws {
            let former = try await Former()
            let before = try RawFile(path: former.original).everything()
            try former.reset()
            for round in 1...12 {
                let process = try await ChildProcess.start(
                    Cairn.path(), former.command, output: .log("\(former.configuration).log"))
                try await Task.sleep(for: .milliseconds(25 * round))
                await process.kill()
            }
            let last = try await Cairn.run(former.command)
            #expect(former.hasRead(last), "\(last.errors)")
            #expect(try RawFile(path: former.path).everything()["cairn_schema"] == ["1 6"])
            #expect(try RawFile(path: former.path + ".before-2").everything() == before)
        }
    }
}
