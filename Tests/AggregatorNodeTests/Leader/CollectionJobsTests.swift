import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Foundation
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
            #expect(try await second.context.store.retryCollection(after.stored.key) == .due)
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

    /// The process stops while it stores what it has heard: whoever goes on asks no sooner for that.
    @Test func aPauseThatWasAskedForSurvivesAStopThatFallsIntoItsStoring() async throws {
        let gate = Gate()
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            guard call.resource == "aggregate_shares" else { return .pass }
            var fault = Fault.instead(.page(503, retryAfter: "600"))
            fault.gate = gate
            return fault
        } _: { scene in
            let helper = try await scene.pair.start(scene.pair.helper)
            let leader = try await scene.pair.start(scene.pair.leader)
            try await scene.upload(0..<4)
            _ = try await scene.client.createCollection(.leaderSelected)
            _ = try await eventually("the helper is asked") { gate.isReached ? true : nil }
            let (isBlocking, release) = (Flag(), DispatchSemaphore(value: 0))
            // Somebody has the row while the answer comes.
            let blocker = Task {
                try await leader.context.store.engine.write { session in
                    _ = try session.execute("UPDATE leader_collections SET due = due")
                    isBlocking.raise()
                    release.wait()
                }
            }
            _ = try await eventually("the row is held") { isBlocking.isRaised ? true : nil }
            gate.open()
            try await Task.sleep(for: .seconds(2))
            let stop = Task { await leader.stop() }
            try await Task.sleep(for: .milliseconds(500))
            release.signal()
            try await blocker.value
            await stop.value
            let store = try await scene.pair.leader.openTestDatabase()
            let found = try #require(try await store.collectionOverviews().first)
            #expect(!found.isLeased && found.stored.progress.isAsked && found.left > 300_000)
            #expect(found.stored.progress.note?.contains("503") == true)
            try store.close()
            await helper.stop()
        }
    }

    /// The collector is told that the leader's log says why. So it does, of each cause: in this process, and not once for all.
    @Test func eachCauseOfOnesOwnIsInTheLog() async throws {
        let log = LogRecorder()
        try await ScriptedPair.run(committed: true, nodes: false) { _ in
            .pass
        } _: { scene in
            let helper = try await scene.pair.start(scene.pair.helper)
            let leader = try await scene.pair.start(scene.pair.leader, logger: log.logger("leader"))
            // No place beside the log for the shares that the task publishes: first there is a file, then a link to itself.
            let folder = "\(scene.pair.leader.dataDirectory)/log/blob"
            try FileManager.default.createDirectory(
                atPath: scene.pair.leader.logDirectory, withIntermediateDirectories: true)
            #expect(FileManager.default.createFile(atPath: folder, contents: nil))
            try await scene.upload(0..<4)
            let location = try #require(
                try await scene.client.createCollection(.leaderSelected).headers["location"])
            let warnings: @Sendable () -> [String] = {
                log.lines("leader", "collection job has to wait").filter { $0.level == .warning }
                    .compactMap { $0.metadata["reason"].map { "\($0)" } }.filter { $0.contains(folder) }
            }
            _ = try await eventually("the first cause is there") { warnings().first }
            let note = try await eventually("the collector is told") {
                try await scene.client.poll(location).headers["cairn-waiting-for"].flatMap {
                    $0.contains("own log") ? $0 : nil
                }
            }
            #expect(!note.contains(folder), "not what strangers read")
            let first = warnings()
            try FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: folder)
            _ = try await eventually("the second cause is there") {
                warnings().first { line in !first.contains { Self.cause($0) == Self.cause(line) } }
            }
            try FileManager.default.removeItem(atPath: folder)
            #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            await leader.stop()
            await helper.stop()
        }
    }

    /// What the system says, behind the name of a file.
    private static func cause(_ reason: String) -> Substring? { reason.split(separator: ":").last }
}
