import Contributor
import DAP
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Ten seconds of it among the other tests; `Scripts/soak.sh` runs it for as long as it is told.
    @Suite struct Soaks {
        @Test func nothingThatWasAcknowledgedIsLost() async throws {
            var generator = SeededGenerator(test: "soak")
            let minutes = ProcessInfo.processInfo.environment["CAIRN_SOAK_MINUTES"].flatMap { Double($0) }
            let duration = minutes.map { Duration.seconds(60 * $0) } ?? .seconds(10)
            try await TestNodes.runBehindProxies(remembers: false) { nodes, proxies in
                let soak = Soak(nodes, proxies)
                await soak.run(for: duration, generator: &generator)
                print("soak: \(soak.figures)\nsoak: \(soak.traffic)")
                #expect(soak.figures.losses.isEmpty, "\(soak.figures.losses.joined(separator: "\n"))")
                #expect(soak.figures.rounds > 0)
                if let task = soak.committedTask { try await nodes.expectVerifiedAudit(of: task) }
            }
        }

        /// What cannot find a loss proves nothing by finding none.
        @Test func anAccountFindsEveryLoss() throws {
            var account = SoakAccount()
            for value in [3, 4] { account.acknowledged(UInt64(value)) }
            account.acknowledgedBroken()
            func status(
                _ rejected: String = #"{"hpke_decrypt_error": 1}"#, pending: Int = 0, batch: String = "collected"
            )
                throws -> TaskStatus
            {
                let json = """
                    {"taskId": "t", "received": 3, "pending": \(pending), "accepted": 2, "rejected": \(rejected),
                     "batches": [{"batch": "b", "state": "\(batch)", "count": 2}]}
                    """
                return try JSONDecoder().decode(TaskStatus.self, from: Data(json.utf8))
            }
            #expect(account.fault(count: 2, value: .integer(7), status: try status()) == nil)
            #expect(account.fault(count: 1, value: .integer(7), status: try status()) != nil)
            #expect(account.fault(count: 2, value: .integer(10), status: try status()) != nil)
            #expect(account.fault(count: 2, value: .integer(7), status: try status("{}")) != nil)
            #expect(
                account.fault(count: 2, value: .integer(7), status: try status(#"{"report_dropped": 1}"#)) != nil)
            #expect(account.fault(count: 2, value: .integer(7), status: try status(pending: 1)) != nil)
            #expect(account.fault(count: 2, value: .integer(7), status: try status(batch: "closing")) != nil)
        }
    }
}
