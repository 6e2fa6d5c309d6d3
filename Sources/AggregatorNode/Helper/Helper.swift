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
    let jobs = InFlight<AggregationJobID, [UInt8]>()
    /// Whether there is to be another line about reports that come too early.
    let earlyLines = LineRules<TaskID>()
    /// Raised when this helper, as a witness, has cosigned more of the leader's log.
    let logGrowth = WakeSignal()
    let shares = InFlight<AggregateShareID, ShareAnswer>()
    /// How many withdrawals may wait for their reports.
    let earlyWithdrawalLimit: Int

    /// - Parameters:
    ///   - log: where the leader's log is read; by default below the peer's URL.
    ///   - earlyWithdrawalLimit: how many withdrawals may wait for their reports, of all tasks; beyond, the answer is
    ///     503, and nothing is evicted.
    package init(context: NodeContext, log: (any TileSource)? = nil, earlyWithdrawalLimit: Int = 100_000) {
        self.context = context
        self.earlyWithdrawalLimit = earlyWithdrawalLimit
        follower = LogFollower(context: context, source: log ?? context.peer.log)
    }

    /// The background work.
    package var services: [any Service] {
        [
            BackgroundService { [follower] in await Self.examine(follower) },
            BackgroundService { [follower, logGrowth] in await Self.follow(follower, logGrowth) },
            BackgroundService { [context] in await HandshakeService(context: context).run() },
        ]
    }

    /// Soon after the start, and now and then: does the log show that this helper has forgotten something?
    private static func examine(_ follower: LogFollower) async {
        while !Task.isCancelled {
            var pause = Duration.seconds(600)
            do throws(FollowError) { try await follower.examinePublished() } catch {
                // The leader is not there yet, or has published nothing. (What was forgotten has stopped the node.)
                pause = .seconds(5)
            }
            try? await Task.sleep(for: pause)
        }
    }

    /// Reads the log as it grows. A batch's close needs all of it up to there, and whoever collects would wait for that.
    private static func follow(_ follower: LogFollower, _ growth: WakeSignal) async {
        while !Task.isCancelled {
            await growth.wait(atMost: .seconds(600))
            // Whoever needs what could not be read asks for it, and hears why it cannot.
            try? await follower.catchUp()
            // Each reading fetches the log's right edge anew.
            try? await Task.sleep(for: .seconds(1))
        }
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
