import DAP
import Hummingbird
import Ledger
import NodeAPI
import ServiceLifecycle
import TransparencyLog

/// The helper's half of DAP and of Cairn's protocol between the aggregators.
///
/// The leader drives everything; the helper answers, and believes nothing: it decrypts and verifies its own shares,
/// follows the leader's log as any reader would, and signs a batch's close only over leaves that it has seen there. A node
/// that helps several leaders follows the log of each.
package struct Helper: Sendable {
    let context: NodeContext
    /// One for each peer that leads, by the name of its log.
    let followers: [LogFollower]
    let jobs: VerifyingJobs
    /// Whether there is to be another line about reports that come too early.
    let earlyLines = LineRules<TaskID>()
    /// Raised when this helper, as a witness, has cosigned more of a leader's log; one for each follower.
    private let logGrowth: [WakeSignal]
    /// Whether there is to be another line about jobs that are stored.
    let deferralLines = LineRules<TaskID>()
    /// Whether there is to be another line about what keeps stored jobs waiting.
    let troubleLines = LineRules<TaskID?>()
    let shares = InFlight<AggregateShareID, ShareAnswer>()
    /// Closes that withdrawals have spoilt.
    let holds = SharedCloseHolds()
    /// How many withdrawals may wait for their reports.
    let earlyWithdrawalLimit: Int

    /// - Parameters:
    ///   - log: where the leader's log is read; by default below the peer's URL.
    ///   - earlyWithdrawalLimit: how many withdrawals may wait for their reports, of all tasks; beyond, the answer is
    ///     503, and nothing is evicted.
    package init(context: NodeContext, log: (any TileSource)? = nil, earlyWithdrawalLimit: Int = 100_000) {
        self.context = context
        jobs = VerifyingJobs(
            rules: context.deferral, cores: context.workers.count, leaders: context.peers.all(as: .helper).count)
        self.earlyWithdrawalLimit = earlyWithdrawalLimit
        followers = context.peers.all(as: .helper).map { peer in
            LogFollower(context: context, leader: peer, source: log ?? peer.client.log)
        }
        logGrowth = followers.map { _ in WakeSignal() }
    }

    /// More of some log was cosigned.
    func noteGrowth() { for signal in logGrowth { signal.raise() } }

    /// What reads the log that counts for a task: its leader's.
    ///
    /// - Throws: `NodeError` 503 where the configuration does not know the leader any more.
    func follower(of task: NodeTask) throws(NodeError) -> LogFollower {
        let leader = context.peer(of: task).settings
        guard let follower = followers.first(where: { $0.leader == leader.url }) else {
            throw .unavailable("The leader of this task is not known here.", retryAfter: 600, taskID: task.id)
        }
        return follower
    }

    var verification: JobVerification {
        JobVerification(context: context, jobs: jobs, earlyLines: earlyLines, troubleLines: troubleLines)
    }

    /// Verifies the aggregation jobs that were stored, until it is cancelled.
    package func verifyStoredJobs() async {
        let stored = StoredJobs(context: context, jobs: jobs, verification: verification)
        await JobDriver(kinds: [stored], signal: jobs.change) { [halt = context.halt] in halt.reason != nil }.run()
    }

    /// The background work.
    package var services: [any Service] {
        zip(followers, logGrowth).flatMap { follower, growth in
            let following = LogFollowing(follower: follower, growth: growth)
            return [
                BackgroundService { await following.examine() }, BackgroundService { await following.read() },
            ]
        }
            + context.peers.all(as: .helper).map { peer in
                BackgroundService { [context] in await HandshakeService(context: context, peer: peer).run() }
            }
            + [BackgroundService { [self] in await verifyStoredJobs() }]
    }

    /// Adds the resources that only helpers have.
    package func addRoutes(to routes: inout RouteTable) {
        routes.add(API.createJob) { try await createJob($0, $1) }
        routes.add(API.continueJob) { try await continueJob($0, $1) }
        routes.add(API.job) { try await getJob($0, $1) }
        routes.add(API.deleteJob) { try await deleteJob($0, $1) }

        routes.add(API.createShare) { try await createShare($0, $1) }
        routes.add(API.share) { try await getShare($0, $1) }
        routes.add(API.deleteShare) { try await deleteShare($0, $1) }

        routes.add(API.closes) { try await signClose($0, $1) }
        routes.add(API.batches) { try await compareBatch($0, $1) }
        routes.add(API.refusals) { try await listLastWords($0, $1) }
        routes.add(API.refusal) { try await getLastWord($0, $1) }
        routes.add(API.blob, BlobRoute(store: context.store).answer)
    }

    /// The task of a request that only the leader may send.
    ///
    /// Of several peers each has its own tokens: one that leads other tasks is a stranger to this one.
    func leadersTask(_ request: Request, _ parameters: NodeRequestContext) async throws -> NodeTask {
        let token = try request.bearer()
        guard let leader = context.peers.showing(token, to: .helper).first else { throw NodeError.wrongToken }
        let task = try await context.announcedTask(request, parameters, from: leader)
        guard context.peer(of: task).tokens.match(token) else { throw NodeError.wrongToken.about(task.id) }
        return task
    }
}
