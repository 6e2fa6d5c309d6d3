import ChildProcesses
import Foundation
import PostgresCluster
import TestSupport
import Testing

extension EndToEnd {
    /// `cairn bench node`, as scripts use it.
    @Suite struct NodeBench {
        @Test func everyTypeIsMeasuredOnRealNodesWithTheDocumentedKeys() async throws {
            let json = try await Cairn.succeed(
                "bench", "node", "--reports", "60", "--seed", "4", "--storage", Self.storage, "--json"
            ).json()
            #expect(json["seed"] as? Int == 4 && json["connections"] as? Int == 8)
            #expect(try #require(json["processors"] as? Int) >= 1)
            #expect(json["kernels"] is [String])
            let rows = try #require(json["rows"] as? [[String: Any]])
            let types = ["histogram", "sumvec", "boundedl2"]
            #expect(rows.map { $0["type"] as? String } == types.flatMap { [$0, $0] })
            #expect(rows.map { $0["committed"] as? Bool } == types.flatMap { _ in [false, true] })
            for row in rows { try check(row) }
        }

        private static let storage = TestStorage.ofThisRun.rawValue

        private func check(_ row: [String: Any]) throws {
            let name = "\(row["type"] ?? "") \(row["committed"] ?? "")"
            func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(name): \(key)") }
            #expect(row["storage"] as? String == Self.storage && row["replicas"] as? Int == 1)
            #expect(row["reports"] as? Int == 60 && row["batch_mode"] as? String == "leader-selected")
            let (reportBytes, perRequest) = (try number("report_bytes"), try number("per_request"))
            #expect(reportBytes > 2_000 && (1...100).contains(perRequest))
            #expect(perRequest == 1 || perRequest * reportBytes <= Double(1 << 20), "\(name)")

            for key in [
                "uploads_per_s", "aggregated_per_s", "p50_ms", "leader_cpu_us", "helper_cpu_us", "client_cpu_us",
                "collect_s", "verify_us",
            ] {
                let value = try number(key)
                #expect(value > 0 && value < 1e7, "\(name): \(key) \(value)")
            }
            #expect(try number("uploads_per_s") >= number("aggregated_per_s"), "\(name)")
            #expect(try number("p50_ms") <= number("p99_ms"), "\(name)")
            // A node does what verification takes, and more.
            #expect(try number("leader_cpu_us") + number("helper_cpu_us") > number("verify_us"), "\(name)")
            // A file is the nodes' own.
            let isServer = TestStorage.ofThisRun == .postgresql
            #expect((try number("database_cpu_us") > 0) == isServer, "\(name)")
            #expect((try number("database_bytes_written") > 0) == isServer, "\(name)")
            #expect(try number("repeated_requests") >= 0)
            #expect(try number("peak_rss_bytes") > 1e7, "\(name)")
            #expect(["leader", "helper"].contains(row["peak_rss_of"] as? String), "\(name)")
            // The leader has stored every report before the helper had it.
            #expect(try number("bytes_stored") > 0 && number("helper_bytes_stored") > 0, "\(name)")
            #expect(try number("bytes_written") >= 0 && number("helper_bytes_written") >= 0, "\(name)")
            if row["committed"] as? Bool == true {
                #expect(try number("audit_s") > 0, "\(name)")
            } else {
                #expect(row["audit_s"] == nil, "\(name)")
            }
        }

        @Test func batchesByTimeAreMeasuredAndShownToPeople() async throws {
            let result = try await Cairn.succeed(
                "bench", "node", "--type", "histogram", "--committed", "--reports", "40", "--per-request", "7",
                "--connections", "3", "--batch-mode", "time-interval")
            for word in [
                "histogram 100, committed", "3 connections, up to 7 reports a request", "µs a report: leader",
                "verification", "kB a report: sent", "collected in", "audited in",
            ] {
                #expect(result.output.contains(word), "\(word): \(result.output)")
            }
            #expect(!result.output.contains("plain"))
            let lines = result.output.components(separatedBy: "\n")
            #expect(lines.allSatisfy { $0.count < 80 }, "\(result.output)")
        }

        @Test func mistakesInOptionsAreNamed() async throws {
            for (options, word) in [
                (["--reports", "1"], "--reports 1"), (["--reports", "1000001"], "--reports 1000001"),
                (["--per-request", "0"], "--per-request 0"), (["--connections", "9"], "--connections 9"),
                (["--timeout", "0"], "--timeout 0"), (["--type", "frobnicate"], "histogram"),
                (["--storage", "paper"], "postgresql"), (["--batch-mode", "daily"], "leader-selected"),
            ] {
                let wrong = try await Cairn.run(["bench", "node"] + options)
                #expect(wrong.status == 64, "\(options): \(wrong.errors)")
                #expect(wrong.errors.hasPrefix("cairn: ") && wrong.errors.contains(word), "\(wrong.errors)")
                #expect(wrong.output.isEmpty)
            }
        }

        /// Whatever ends a run, no process and no folder of it stays.
        @Test func nothingIsLeftAfterAnInterruption() async throws {
            let folder = try TemporaryFolder()
            // A database server that root starts is another user, and has to get through.
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
            let process = try await Self.start(in: folder.path)
            try await eventually("a node runs") {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
                    FileManager.default.fileExists(atPath: "\(folder.path)/\(name)/leader/node.log")
                }
            }
            let ending = await process.terminate(grace: .seconds(60))
            #expect(ending == .exited(130), "\(String(describing: ending))")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [Self.log])
            #if os(Linux)
                let commands = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { process in
                    FileManager.default.contents(atPath: "/proc/\(process)/cmdline").map {
                        String(decoding: $0, as: UTF8.self)
                    }
                }
                #expect(commands.contains { !$0.isEmpty } && !commands.contains { $0.contains(folder.path) })
            #endif
        }

        /// Reports are made on all processors, and Ctrl-C does not wait for the last of a million.
        @Test func anInterruptedBenchmarkMakesNoMoreReports() async throws {
            let folder = try TemporaryFolder()
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: folder.path)
            let process = try await Self.start(in: folder.path, reports: "1000000")
            try await eventually("the task is there") {
                try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { name in
                    FileManager.default.fileExists(atPath: "\(folder.path)/\(name)/bench.task")
                }
            }
            // They take minutes.
            try await Task.sleep(for: .seconds(1))
            let ending = await process.terminate(grace: .seconds(60))
            #expect(ending == .exited(130), "\(String(describing: ending))")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [Self.log])
        }

        private static let log = "output"

        private static func start(in folder: String, reports: String = "100000") async throws -> ChildProcess {
            try await ChildProcess.start(
                try Cairn.path(),
                ["bench", "node", "--type", "histogram", "--reports", reports, "--storage", storage],
                environment: ["TMPDIR": folder], output: .log("\(folder)/\(log)"))
        }
    }
}
