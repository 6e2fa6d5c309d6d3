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

        @Test func creditIsTriedAndMeasuredWithTheDocumentedKeys() async throws {
            let json = try await Cairn.succeed(
                "bench", "credit", "--contributors", "4", "--rounds", "1", "--claims", "2", "--dimension", "20",
                "--reports", "300", "--repeats", "1", "--seed", "3", "--json"
            ).json()
            let rows = try #require(json["rows"] as? [[String: Any]])
            let scenarios = ["unequal-sizes", "label-noise", "label-skew", "free-riders"]
            let policies = ["unit", "priced", "alignment", "validation"]
            #expect(rows.compactMap { $0["scenario"] as? String } == scenarios.flatMap { $0.repeated(policies.count) })
            #expect(rows.compactMap { $0["policy"] as? String } == scenarios.flatMap { _ in policies })
            for row in rows {
                for key in ["spearman", "spearman_on_test"] {
                    #expect((-1.0...1).contains(try #require(row[key] as? Double)), "\(key)")
                }
                #expect((1.0...4).contains(try #require(row["weakest_median_rank"] as? Double)))
                #expect(row["weakest_are_below_median"] is Bool)
            }
            #expect((json["scores"] as? [Any])?.count == 16 && (json["accuracies"] as? [Any])?.count == 4)
            #expect(json["seed"] as? Int == 3 && json["contributors"] as? Int == 4 && json["rounds"] as? Int == 1)
            let speed = try #require(json["speed"] as? [String: Any])
            for key in [
                "prove_us", "verify_us", "verify_batch_us", "verify_batch_us_per_claim", "receipt_verify_us",
                "audit_us",
            ] {
                #expect(try #require(speed[key] as? Double) > 0, "\(key)")
            }
            #expect(speed["claims"] as? Int == 2 && speed["dimension"] as? Int == 20)
            #expect(try #require(speed["claim_bytes"] as? Int) > 1000)
            #expect((speed["audits"] as? [[String: Any]])?.map { $0["reports"] as? Int } == [300, 300])

            let trial = try await Cairn.succeed(
                "bench", "credit", "--only", "trial", "--contributors", "3", "--rounds", "1")
            #expect(trial.output.contains("free-riders, validation") && !trial.output.contains("audit"))
            for (options, word) in [
                (["--contributors", "2"], "--contributors 2"), (["--rounds", "0"], "--rounds 0"),
                (["--claims", "0"], "--claims 0"), (["--reports", "1"], "--reports 1"), (["--bound", "0"], "--bound"),
            ] {
                let wrong = try await Cairn.run(["bench", "credit"] + options)
                #expect(wrong.status == 64 && wrong.errors.contains(word), "\(wrong.errors)")
            }
        }

        @Test func roundsOfTrainingAreMeasuredWithTheDocumentedKeys() async throws {
            let json = try await Cairn.succeed(
                "bench", "train", "--dimension", "20", "--dimension", "300", "--contributors", "4", "--seed", "5",
                "--json"
            ).json()
            let rows = try #require(json["rows"] as? [[String: Any]])
            #expect(rows.map { $0["dimension"] as? Int } == [20, 300])
            for row in rows {
                #expect(row["contributors"] as? Int == 4 && row["threads"] as? Int == 1)
                for key in [
                    "client_us", "commit_us", "leader_verify_us", "helper_verify_us", "link_check_us", "aggregate_us",
                    "audit_us", "plain_average_us",
                ] {
                    #expect(try #require(row[key] as? Double) > 0, "\(key)")
                }
                let dimension = try #require(row["dimension"] as? Int)
                #expect(row["plain_upload_bytes"] as? Int == 4 * dimension)
                #expect(try #require(row["upload_bytes"] as? Int) > 8 * dimension)
                #expect(row["field"] as? String == "field64")
            }
            #expect(json["seed"] as? Int == 5 && json["norm_bound"] as? Double == 1 && json["repeats"] as? Int == 1)

            let table = try await Cairn.succeed(
                "bench", "train", "--dimension", "20", "--contributors", "2", "--norm-bound", "1e7", "--repeats", "2")
            #expect(table.output.contains("20 × 2") && table.output.contains("Field128, 0 fractional bits"))
            for (options, word) in [
                (["--dimension", "0"], "--dimension 0"), (["--contributors", "0"], "--contributors 0"),
                (["--norm-bound", "nan"], "--norm-bound nan"), (["--threads", "0"], "--threads 0"),
            ] {
                let wrong = try await Cairn.run(["bench", "train"] + options)
                #expect(wrong.status == 64 && wrong.errors.contains(word), "\(wrong.errors)")
            }
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

extension String {
    fileprivate func repeated(_ count: Int) -> [String] { [String](repeating: self, count: count) }
}
