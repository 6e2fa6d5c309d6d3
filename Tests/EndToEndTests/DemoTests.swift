import Foundation
import PostgresCluster
import TestSupport
import Testing

extension EndToEnd {
    /// The demo in small: everything that it promises to show is there.
    @Suite struct Demonstration {
        @Test func aSmallDemoShowsEverything() async throws {
            let folder = try TemporaryFolder()
            let csv = "\(folder.path)/shapes.csv"
            try Self.table().write(toFile: csv, atomically: true, encoding: .utf8)
            let result = try await Cairn.run(
                "demo", "--data", csv, "--label-column", "kind", "--contributors", "4", "--rounds", "2", "--storage",
                TestStorage.ofThisRun.rawValue, "--json")
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let json = try result.json()
            let rounds = try #require(json["rounds"] as? [[String: Any]])
            #expect(rounds.map { $0["accepted"] as? Int } == [4, 4])
            #expect(rounds.map { $0["rejected"] as? Int } == [0, 2])
            #expect(rounds.allSatisfy { ($0["upload_bytes"] as? Int ?? 0) > 1000 })
            let bytes = try rounds.map { try #require($0["contributor_bytes"] as? Int) }
            #expect(bytes[0] > 1000 && 4 * bytes[0] >= (rounds[0]["upload_bytes"] as? Int ?? 0))
            #expect(json["norm_bound"] as? Double == 5)
            #expect((json["audit"] as? [String: Any])?["verified"] as? Bool == true)
            #expect((json["receipts"] as? [String: Any])?["verified"] as? Int == 8)
            let attacks = try #require(json["dishonest_contributors"] as? [[String: Any]])
            #expect(attacks.map { $0["caught"] as? Bool } == [true, true])
            // The nodes looked at the report and found its proof false: it did not fail on something smaller.
            #expect(attacks.allSatisfy { ($0["finding"] as? String)?.contains("vdaf_verify_error") == true })
            #expect((attacks[0]["attack"] as? String)?.contains("where 5.0 is allowed") == true)
            #expect((json["falsified_aggregate"] as? [String: Any])?["caught"] as? Bool == true)
            let credit = try #require(json["credit"] as? [String: Any])
            #expect(credit["claims"] as? Int == 5 && credit["verified"] as? Int == 5)
            #expect((json["forged_claim"] as? [String: Any])?["caught"] as? Bool == true)
            let shared = try #require(json["shared_accuracy"] as? Double)
            #expect(shared > 0.9, "two well separated classes")
        }

        @Test func badTrainingCellsAreNamed() async throws {
            let folder = try TemporaryFolder()
            let csv = "\(folder.path)/broken.csv"
            try "a,b,kind\n1,2,x\n3,,y\n".write(toFile: csv, atomically: true, encoding: .utf8)
            let result = try await Cairn.run("demo", "--data", csv, "--label-column", "kind", "--contributors", "2")
            #expect(result.status == 1)
            #expect(result.errors.hasPrefix("cairn: \(csv), line 3, column 2 ('b')"), "\(result.errors)")
        }

        /// Two classes on either side of a line.
        private static func table() -> String {
            var lines = ["width,height,kind"]
            for index in 0..<60 {
                let (x, y) = (index % 10, index / 10)
                lines.append("\(x),\(y),flat")
                lines.append("\(x),\(y + 20),tall")
            }
            return lines.joined(separator: "\n") + "\n"
        }
    }
}
