import AggregatorNode
import DAP
import Datastore
import Foundation
import Ledger
import Testing
import TransparencyLog

/// A witness that does answer, later than others wait.
@Suite struct LateWitnessTests {
    /// Other tasks keep the log growing, and their checkpoints wait for nobody who is late. What it has signed counts for its
    /// tree; and where a collection needs it, the tree stands still for it.
    @Test func aWitnessThatAlwaysAnswersLateHasItsQuorumsWhileTheLogGrows() async throws {
        let late = try Cosigner(name: "late.example")
        let answered = Count()
        var routes = RouteTable()
        routes.post("/add-checkpoint") { request, _ in
            let body = try await request.bytes(upTo: 1 << 20)
            let shown = try AddCheckpointRequest(parsing: body).checkpoint.checkpoint
            try await Task.sleep(for: .milliseconds(2_500))
            answered.change(by: 1)
            let time = UInt64(Date().timeIntervalSince1970)
            return .bytes(
                Array(try late.cosign(shown, timestamp: time).line.utf8), type: "text/plain; charset=utf-8")
        }
        try await withServer(routes) { server in
            let pair = try NodePair()
            let other =
                "log \(pair.leaderKeys.note.vkey)\nwitness helper \(pair.helperKeys.note.vkey)\n"
                + "witness late \(late.verifier.vkey) http://127.0.0.1:\(server.port)/\n"
                + "group both all helper late\nquorum both\n"
            let busy = try PairClient(pair, try await pair.addTask(committed: true, mode: .timeInterval))
            let client = try PairClient(
                pair, try await pair.addTask(committed: true, mode: .leaderSelected, policy: other))
            try await pair.withNodes { leader, _ in
                let store = leader.context.store
                let growth = Task {
                    while !Task.isCancelled {
                        _ = try? await busy.upload([try busy.report([1, 2, 3])])
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                }
                defer { growth.cancel() }
                let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
                try await client.upload(reports)
                let receipt = try await client.awaitReceipt(reports[0].metadata.reportID)
                #expect(receipt.status == 200)
                let policy = try LogPolicy(parsing: Array(other.utf8))
                #expect(Receipt.verify(file: receipt.body, policy: policy).isValid)
                let before = try await store.logSize()
                let (count, sums) = try await client.collect(.leaderSelected)
                #expect(count == 3 && sums == .vector([3, 6, 9]))
                #expect(try await store.logSize() > before && answered.value > 1)
                growth.cancel()
                _ = await growth.value
            }
        }
    }
}
