import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Testing

/// What is known about a collection is in the database: whoever goes on knows it.
@Suite struct CollectionJobsTests {
    /// The helper has asked for ten minutes, and a leader that is restarted neither forgets that nor why.
    @Test func patienceSurvivesARestart() async throws {
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            call.resource == "aggregate_shares" ? .instead(.page(503, retryAfter: "600")) : .pass
        } _: { scene in
            let helper = try await scene.pair.start(scene.pair.helper)
            let first = try await scene.pair.start(scene.pair.leader)
            try await scene.upload(0..<4)
            let location = try #require(
                try await scene.client.createCollection(.leaderSelected).headers["location"])
            let before = try await eventually("it waits") {
                let found = try await first.context.store.collectionOverviews().first
                return found?.stored.progress.isAsked == true && found?.isLeased == false ? found?.stored : nil
            }
            #expect(before.progress.failures == 1 && before.progress.note?.contains("503") == true)
            let calls = scene.proxy.calls("POST", "aggregate_shares").count
            await first.stop()
            let second = try await scene.pair.start(scene.pair.leader)
            let answer = try await scene.client.poll(location)
            #expect(answer.headers["cairn-waiting-for"] == before.progress.note)
            let after = try #require(try await second.context.store.collectionOverviews().first)
            #expect(after.stored == before && !after.isLeased && after.left > 500_000)
            #expect(scene.proxy.calls("POST", "aggregate_shares").count == calls)
            // Its operator need not wait.
            #expect(try await second.context.store.retryCollection(after.stored.key))
            _ = try await eventually("the helper is asked again") {
                scene.proxy.calls("POST", "aggregate_shares").count > calls ? true : nil
            }
            let again = try await eventually("it waits again") {
                let found = try await second.context.store.collection(key: after.stored.key)
                return (found?.progress.failures ?? 0) > 1 ? found : nil
            }
            #expect(again.progress.failures == 2)
            await second.stop()
            await helper.stop()
        }
    }

    /// A step that was under way when the node stopped is nobody's: whoever starts next need not wait for its lease.
    @Test func aNodeThatStopsGivesItsLeasesBack() async throws {
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            call.resource == "aggregate_shares" ? .instead(.page(503, retryAfter: "600")) : .pass
        } _: { scene in
            let helper = try await scene.pair.start(scene.pair.helper)
            let leader = try await scene.pair.start(scene.pair.leader)
            try await scene.upload(0..<4)
            _ = try await scene.client.createCollection(.leaderSelected)
            _ = try await eventually("it was taken") {
                try await leader.context.store.collectionOverviews().first?.stored.state == .sealed ? true : nil
            }
            await leader.stop()
            let store = try await scene.pair.leader.openTestDatabase()
            let found = try #require(try await store.collectionOverviews().first)
            #expect(!found.isLeased)
            try store.close()
            await helper.stop()
        }
    }
}
