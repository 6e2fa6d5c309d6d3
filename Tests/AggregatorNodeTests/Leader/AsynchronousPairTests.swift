import AggregatorNode
import DAP
import Datastore
import Testing

/// A leader of ours with a helper of ours that answers later: what comes out is the same.
@Suite struct AsynchronousPairTests {
    /// Ways to have less room than there are jobs.
    enum Shortage: String, CaseIterable {
        /// Every job is stored first.
        case everythingIsStored
        /// No leader is let wait.
        case noPatience
        /// One job at a time, and one that waits.
        case hardlyAnyRoom

        var rules: JobDeferral {
            var rules = JobDeferral()
            switch self {
            case .everythingIsStored: rules.jobs = 0
            case .noPatience: rules.patience = .zero
            case .hardlyAnyRoom:
                rules.jobs = 1
                rules.room = HelperJobRoom(jobs: 1, bytes: 64 << 20, jobsOfTask: 1, bytesOfTask: 64 << 20)
            }
            return rules
        }
    }

    private func run(
        _ rules: JobDeferral, committed: Bool, _ mode: BatchMode, tasks: Int = 1,
        _ body: ([PairClient], NodePair, _ leader: NodePair.Running) async throws -> Void
    ) async throws {
        let pair = try NodePair()
        let modes = [mode, mode == .timeInterval ? BatchMode.leaderSelected : .timeInterval]
        var clients: [PairClient] = []
        for number in 0..<tasks {
            let file = try await pair.addTask(
                committed: committed, mode: modes[number % 2], precision: 60 + UInt64(number))
            clients.append(try PairClient(pair, file))
        }
        let leader = try await pair.start(pair.leader)
        let helper = try await pair.start(pair.helper, deferral: rules)
        let result: Result<Void, any Error>
        do { result = .success(try await body(clients, pair, leader)) } catch { result = .failure(error) }
        await leader.stop()
        await helper.stop()
        try result.get()
    }

    @Test(arguments: Shortage.allCases, [true, false])
    func everyReportIsCountedOnce(shortage: Shortage, committed: Bool) async throws {
        try await run(shortage.rules, committed: committed, .leaderSelected, tasks: 3) { clients, _, _ in
            for client in clients {
                try await client.uploadSome(4)
                try await client.uploadSome(8)
            }
            for client in clients {
                let query = client.file.configuration.batchMode == .timeInterval ? client.today : .leaderSelected
                let (count, sums) = try await client.collect(query)
                #expect(count == 12)
                #expect(sums == .vector([6 + 28, 12, 84]))
                if committed { #expect(try await client.audit().isVerified) }
            }
        }
    }

    /// The helper dies with jobs that it has stored, and the leader with jobs that it polls for.
    @Test(arguments: [true, false]) func restartsInBetweenLoseNothing(committed: Bool) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: committed, mode: .leaderSelected))
        // A helper that stores and never comes to it: its lease is nobody's.
        let leader = try await pair.start(pair.leader)
        let first = try await pair.start(pair.helper, deferral: Shortage.everythingIsStored.rules)
        for _ in 0..<3 { try await client.uploadSome(4) }
        _ = try await eventually("the leader polls") {
            try await leader.context.store.jobOverviews().contains { $0.progress?.answer == .deferred } ? true : nil
        }
        await first.stop()
        await leader.stop()
        let again = try await pair.start(pair.leader)
        let second = try await pair.start(pair.helper, deferral: Shortage.noPatience.rules)
        try await client.uploadSome(4)
        let (count, sums) = try await client.collect(.leaderSelected)
        #expect(count == 16)
        #expect(sums == .vector([24, 16, 112]))
        if committed { #expect(try await client.audit().isVerified) }
        await again.stop()
        await second.stop()
    }
}
