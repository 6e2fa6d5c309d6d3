import Contributor
import DAP
import Foundation
import PostgresCluster
import Synchronization
import Tasks
import Testing

extension EndToEnd {
    /// Each node is killed at many points of a round, without warning, and restarted on its port: the sum is exact, and
    /// every report that the leader acknowledged is in it once.
    @Suite struct Kills {
        enum Victim: String { case leader, helper, both }

        /// What the contributors and the collector were doing.
        enum Phase: String { case uploading, collecting, done }

        /// When the knife falls.
        enum Moment: CustomStringConvertible, Sendable {
            /// At this fraction of the time that an undisturbed round takes.
            case fraction(Double)
            /// As soon as the leader's status shows it.
            case state(String, @Sendable (TaskStatus) -> Bool)

            var description: String {
                switch self {
                case .fraction(let fraction): "at \(Int(fraction * 100))% of a round"
                case .state(let name, _): "when \(name)"
                }
            }
        }

        static let sweep = (0..<16).map { Moment.fraction(Double($0) / 15) }
        static let states: [Moment] = [
            .state("the first reports are stored") { $0.received > 0 },
            .state("the first report is accepted") { $0.accepted > 0 },
            .state("all reports are accepted") { $0.received > 0 && $0.pending == 0 },
            .state("a batch is closing") { $0.batches.contains { $0.state == "closing" } },
        ]

        /// On the engine that is not this run's, the knife falls less often.
        @Test(arguments: TestStorage.both)
        func killedNodesLoseNothingAndCountNothingTwice(on storage: TestStorage) async throws {
            let isThorough = storage == .ofThisRun
            let (sweep, enough) = isThorough ? (Self.sweep, 10) : ([Self.sweep[1], Self.sweep[5], Self.sweep[9]], 3)
            try await TestNodes.run(on: storage) { nodes in
                let length = try await undisturbedRound(nodes)
                var phases: [Phase: Int] = [:]
                var point = 0
                for moment in sweep + Self.states {
                    for victim in [Victim.leader, .helper] {
                        phases[try await killedRound(point, victim, moment, length, nodes), default: 0] += 1
                        point += 1
                    }
                }
                for moment in isThorough ? [sweep[3], sweep[7], sweep[11], Self.states[3]] : [Self.states[3]] {
                    phases[try await killedRound(point, .both, moment, length, nodes), default: 0] += 1
                    point += 1
                }
                // Where the knife fell depends on what else the machine does: more rounds, until each phase had its share.
                while point < 100, [.uploading, .collecting].contains(where: { phases[$0, default: 0] < enough }) {
                    let fraction = phases[.uploading, default: 0] < enough ? 0.05 : Double.random(in: 0.3...0.7)
                    phases[try await killedRound(point, .leader, .fraction(fraction), length, nodes), default: 0] += 1
                    point += 1
                }
                #expect(phases[.uploading, default: 0] >= enough, "\(phases)")
                #expect(phases[.collecting, default: 0] >= enough, "\(phases)")
                let audit = try await Cairn.run(
                    "audit", "--log", nodes.leader.logFolder, "--policy", nodes.policyPath("round-0"), "--json")
                #expect(audit.status == 0, "\(audit.output.prefix(2000))\(audit.errors)")
            }
        }

        /// How long a committed round takes when nobody is killed.
        private func undisturbedRound(_ nodes: TestNodes) async throws -> Duration {
            var shortest = Duration.seconds(10)
            for number in 0..<2 {
                let round = try await Round(name: "calm-\(number)", point: 0, nodes: nodes)
                let start = ContinuousClock.now
                _ = try await round.run(nodes)
                shortest = min(shortest, ContinuousClock.now - start)
            }
            return shortest
        }

        /// One round: uploads and collection run while the victim dies and comes back.
        private func killedRound(
            _ point: Int, _ victim: Victim, _ moment: Moment, _ length: Duration, _ nodes: TestNodes
        ) async throws -> Phase {
            let round = try await Round(name: "round-\(point)", point: point, nodes: nodes)
            async let knife = kill(victim, moment, length, round, nodes)
            async let work = round.run(nodes)
            let phase = try await knife
            let (accepted, outcome) = try await work
            let label: Comment = "\(victim.rawValue) killed \(moment) while \(phase.rawValue): \(round.task.name)"
            #expect(accepted.count == round.values.count, label)
            #expect(outcome.count == UInt64(accepted.count), label)
            #expect(outcome.value == .integer(UInt128(accepted.reduce(0, +))), label)
            return phase
        }

        /// - Returns: What the round was doing when the knife fell.
        private func kill(
            _ victim: Victim, _ moment: Moment, _ length: Duration, _ round: Round, _ nodes: TestNodes
        ) async throws -> Phase {
            switch moment {
            case .fraction(let fraction):
                try await Task.sleep(for: length * fraction)
            case .state(_, let isReached):
                let client = try TaskClient(task: round.task)
                let start = ContinuousClock.now
                while ContinuousClock.now - start < .seconds(180) {
                    let status = try await client.status()
                    // A state may pass between two looks; a collected batch is the last chance.
                    if isReached(status) || status.batches.contains(where: { $0.state == "collected" }) { break }
                    try await Task.sleep(for: .milliseconds(2))
                }
            }
            let phase = round.phase.withLock { $0 }
            let victims = [victim != .helper ? nodes.leader : nil, victim != .leader ? nodes.helper : nil].compactMap {
                $0
            }
            for node in victims { await node.kill() }
            for node in victims { try await node.start() }
            return phase
        }

        /// A task with its contributions, in both batch modes, three out of four committed.
        final class Round: Sendable {
            let task: TaskFile
            let values: [UInt64]
            let phase = Mutex(Phase.uploading)
            private let client: TaskClient
            private let isTimeInterval: Bool

            init(name: String, point: Int, nodes: TestNodes) async throws {
                isTimeInterval = point / 2 % 2 == 0
                task = try await nodes.createTask(
                    name, "--vdaf", "sum", "--max-measurement", "1000", point % 8 < 6 ? "--committed" : "--uncommitted",
                    "--batch-mode", isTimeInterval ? "time-interval" : "leader-selected", "--min-batch-size", "10",
                    "--max-batch-size", "50")
                values = (0..<10).map { UInt64(100 + 7 * $0 + point) }
                client = try TaskClient(task: task, transport: HTTPTransport(deadline: .seconds(180)))
                _ = try await client.aggregatorConfigs()
            }

            /// Uploads in two requests, then collects.
            ///
            /// - Returns: The values that the leader acknowledged, and the result.
            func run(_ nodes: TestNodes) async throws -> (accepted: [UInt64], outcome: CollectionOutcome) {
                let now = currentTime()
                let wallet = try nodes.wallet()
                var accepted: [UInt64] = []
                for half in [values.prefix(5), values.suffix(5)].map(Array.init) {
                    let outcomes = try await client.upload(half.map { .integer($0) }, wallet: wallet, time: now)
                    accepted += outcomes.filter { $0.error == nil }.map { half[$0.index] }
                }
                phase.withLock { $0 = .collecting }
                let unit = task.configuration.time(ofSeconds: now)
                let query = isTimeInterval ? Query.timeInterval(Interval(start: unit, duration: 1)) : .leaderSelected
                let outcome = try await nodes.collector(task).collect(query, deadline: .seconds(180))
                phase.withLock { $0 = .done }
                return (accepted, outcome)
            }
        }
    }
}
