import Foundation
import Testing

extension EndToEnd {
    /// `cairn bench`, as scripts use it.
    @Suite struct BenchUse {
        @Test func jsonHasTheDocumentedKeysAndPlausibleValues() async throws {
            let json = try await Cairn.succeed(
                "bench", "vdaf", "--type", "sum", "--bits", "8", "--reports", "4", "--repeats", "3", "--roofline",
                "--json"
            ).json()
            let rows = try #require(json["rows"] as? [[String: Any]])
            #expect(rows.count == 1)
            let row = try #require(rows.first)
            #expect(row["type"] as? String == "sum")
            let numbers = ["length": 1, "bits": 8, "chunk_length": 0, "reports": 4, "threads": 1]
            for (key, value) in numbers {
                #expect(row[key] as? Int == value, "\(key)")
            }
            // 8 bits, and a proof of 1 + 2 · 15 + 1 elements, of 8 bytes each; a seed for the helper.
            #expect(row["upload_bytes"] as? Int == (8 + 32) * 8 + 32)
            for key in ["shard", "leader_verify", "helper_verify", "aggregate"] {
                let values = try ["_min", "", "_max"].map { try #require(row["\(key)_us\($0)"] as? Double) }
                #expect(values[0] > 0 && values[0] <= values[1] && values[1] <= values[2], "\(key): \(values)")
                #expect(values[2] < 1_000_000, "\(key): \(values)")
            }
            for key in ["shard_floor_us", "leader_floor_us", "helper_floor_us"] {
                #expect(try #require(row[key] as? Double) > 0, "\(key)")
            }
            #expect(json["kernels"] is [String])
            #expect(json["seed"] is Int)
        }

        @Test func tablesNameTheTypeAndTheKernels() async throws {
            let result = try await Cairn.succeed(
                "bench", "vdaf", "--type", "histogram", "--length", "20", "--reports", "8", "--repeats", "1")
            #expect(result.output.contains("histogram 1 × 20"))
            #expect(result.output.contains("kernels"))
            #expect(result.errors.isEmpty)
        }

        @Test func commitmentsAreMeasuredWithTheDocumentedKeys() async throws {
            let json = try await Cairn.succeed(
                "bench", "commit", "--dimension", "20", "--bits", "8", "--job-reports", "5", "--repeats", "1", "--json"
            ).json()
            let row = try #require((json["rows"] as? [[String: Any]])?.first)
            for (key, value) in ["dimension": 20, "bits": 8, "job_reports": 5, "threads": 1] {
                #expect(row[key] as? Int == value, "\(key)")
            }
            for key in [
                "commit_us", "link_check_us_per_report", "verify_us_per_report", "audit_us_per_report",
                "linear_prove_us", "linear_verify_us",
            ] {
                #expect(try #require(row[key] as? Double) > 0, "\(key)")
            }
            #expect(row["linear_bytes"] as? Int == 32 * 16)
            let products = try #require(json["msm"] as? [[String: Any]])
            #expect(products.contains { $0["points"] as? Int == 10_000 && $0["bits"] as? Int == 253 })
            #expect(products.allSatisfy { ($0["us_per_point"] as? Double ?? 0) > 0 && $0["threads"] as? Int == 1 })
            let range = try #require(json["range64"] as? [String: Any])
            #expect(range["bytes"] as? Int == 672)
            for key in ["prove_us", "verify_us"] { #expect(try #require(range[key] as? Double) > 0, "\(key)") }

            let wrong = try await Cairn.run("bench", "commit", "--dimension", "0")
            #expect(wrong.status == 64 && wrong.errors.contains("--dimension 0"), "\(wrong.errors)")
        }

        @Test func mistakesInOptionsAreNamed() async throws {
            let wrong: [([String], String)] = [
                (["--type", "frobnicate"], "sumvec64"), (["--length", "5"], "--type"),
                (["--type", "sumvec", "--length", "0"], "--length 0"),
                (["--type", "sum", "--bits", "0"], "--bits 0"), (["--type", "sum", "--bits", "64"], "--bits 64"),
                (["--type", "sumvec", "--length", "3", "--bits", "2", "--chunk-length", "7"], "--chunk-length 7"),
                (["--type", "count", "--reports", "0"], "--reports 0"),
                (["--type", "count", "--threads", "0"], "--threads 0"),
                (["--type", "count", "--threads", "1000000"], "--threads 1000000"),
                (["--type", "count", "--repeats", "0"], "--repeats 0"),
                (["--type", "sumvec", "--length", "2097152", "--bits", "1", "--chunk-length", "1"], "sumvec"),
            ]
            for (options, word) in wrong {
                let result = try await Cairn.run(["bench", "vdaf"] + options)
                #expect(result.status == 64, "\(options): \(result.errors)")
                #expect(result.errors.hasPrefix("cairn: ") && result.errors.contains(word), "\(result.errors)")
                #expect(!result.output.contains("{"), "\(options)")
            }
        }
    }
}
