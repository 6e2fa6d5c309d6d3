import DAP
import Hummingbird
import Ledger
import ServiceLifecycle
import TransparencyLog

/// The helper's half of DAP and of Cairn's protocol between the aggregators.
///
/// The leader drives everything; the helper answers, and believes nothing: it decrypts and verifies its own shares,
/// follows the leader's log as any reader would, and signs a batch's close only over leaves that it has seen there.
package struct Helper: Sendable {
    let context: NodeContext
    let follower: LogFollower
    let jobs: VerifyingJobs
    /// Whether there is to be another line about reports that come too early.
    let earlyLines = LineRules<TaskID>()
    /// Raised when this helper, as a witness, has cosigned more of the leader's log.
    let logGrowth = WakeSignal()
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
        jobs = VerifyingJobs(rules: context.deferral, cores: context.workers.count)
        self.earlyWithdrawalLimit = earlyWithdrawalLimit
        follower = LogFollower(context: context, source: log ?? context.peer.log)
    }

    private var following: LogFollowing { LogFollowing(follower: follower, growth: logGrowth) }

    var verification: JobVerification {
        JobVerification(context: context, jobs: jobs, earlyLines: earlyLines, troubleLines: troubleLines)
    }

    /// Verifies the aggregation jobs that were stored, until it is cancelled.
    package func verifyStoredJobs() async {
        await StoredJobs(context: context, jobs: jobs, verification: verification).run()
    }

    /// The background work.
    package var services: [any Service] {
        [
            BackgroundService { [following] in await following.examine() },
            BackgroundService { [following] in await following.read() },
            BackgroundService { [context] in await HandshakeService(context: context).run() },
            BackgroundService { [self] in await verifyStoredJobs() },
        ]
    }

    package func addRoutes(to routes: inout RouteTable) {
        let jobs = "/tasks/:task/aggregation_jobs"
        routes.post(jobs) { try await createJob($0, $1) }
        routes.post("\(jobs)/:job") { try await continueJob($0, $1) }
        routes.get("\(jobs)/:job") { try await getJob($0, $1) }
        routes.delete("\(jobs)/:job") { try await deleteJob($0, $1) }

        let shares = "/tasks/:task/aggregate_shares"
        routes.post(shares) { try await createShare($0, $1) }
        routes.get("\(shares)/:share") { try await getShare($0, $1) }
        routes.delete("\(shares)/:share") { try await deleteShare($0, $1) }

        routes.post("/cairn/tasks/:task/closes") { try await signClose($0, $1) }
        routes.post("/cairn/tasks/:task/batches") { try await compareBatch($0, $1) }
        routes.post("/cairn/tasks/:task/refusals") { try await listRefusals($0, $1) }
        routes.get("/cairn/tasks/:task/refusals/:report") { try await getRefusal($0, $1) }
        routes.post("/cairn/tasks/:task/withdrawals") { try await withdraw($0, $1) }
        routes.get("/cairn/blobs/:blob") { try await getBlob($0, $1) }
    }

    /// The task of a request that only the leader may send.
    func leadersTask(_ request: Request, _ parameters: NodeRequestContext) async throws -> NodeTask {
        try request.requireBearer(context.keys.aggregatorToken)
        return try await context.announcedTask(request, parameters)
    }

    private func getBlob(_ request: Request, _ parameters: NodeRequestContext) async throws -> Response {
        let name = parameters.parameters.get("blob") ?? ""
        guard let blob = context.blobs.get(name) else { throw NodeError.http(404, "There is no blob of that name.") }
        var response = Response.bytes(blob, type: "application/octet-stream")
        response.headers[.cacheControl] = StaticLog.immutable
        return response
    }
}
