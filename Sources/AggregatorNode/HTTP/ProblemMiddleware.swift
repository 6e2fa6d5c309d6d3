import DAP
import Datastore
import Hummingbird
import Logging

/// The one place where errors become responses, where requests are logged, and where their bodies are counted.
///
/// Logged are method, path, status and time; never bodies, headers or what an unexpected error carried along.
struct ProblemMiddleware: RouterMiddleware {
    /// Where it is thrown, nothing is answered any more.
    let halt: HaltSwitch?
    let memory: MemoryBudget
    let limits: ServingLimits
    let logger: Logger
    /// Lines about what is put off, by status.
    private let delays = LineRules<Int>()

    init(halt: HaltSwitch?, memory: MemoryBudget, limits: ServingLimits, logger: Logger) {
        self.halt = halt
        self.memory = memory
        self.limits = limits
        self.logger = logger
    }

    func handle(
        _ request: Request, context: NodeRequestContext,
        next: (Request, NodeRequestContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let reservation = MemoryBudget.Reservation(in: memory, free: limits.freeBodyBytes)
        defer { reservation.release() }
        let response: Response
        var isPutOff = false
        do {
            if let reason = halt?.reason { throw Self.halted(reason) }
            try request.requireHost()
            var request = request
            request.body = RequestBody(
                asyncSequence: RequestIntake(
                    body: request.body, announced: request.announcedLength,
                    isAwaited: request.headers[.expect] != nil, reservation: reservation, channel: context.channel))
            var context = context
            context.memory = reservation
            let answer = try await next(request, context)
            // Whatever was worked out on a memory that proved to be old does not leave.
            if let reason = halt?.reason { throw Self.halted(reason) }
            response = answer
        } catch {
            // The draft wants it wherever the task is known, also where nobody has looked it up (DAP-18, Errors).
            // Perhaps the request itself has found out that the node has to stop.
            let refusal = halt?.reason.map(Self.halted) ?? Self.nodeError(error, logger)
            response = .problem(context.namedTask.map(refusal.about) ?? refusal)
            isPutOff = refusal.isPutOff
            if isPutOff { tellDelay(refusal) }
        }
        let level: Logger.Level =
            switch response.status.code {
            case 500... where !isPutOff: .error
            case 400..<500: .info
            default: .debug
            }
        logger.log(
            level: level, "request",
            metadata: [
                "method": "\(request.method)", "path": "\(Self.start(of: request.uri.path))",
                "status": "\(response.status.code)",
                "time": "\(ContinuousClock.now - start)",
            ])
        return response
    }

    /// Nothing is wrong with such requests, and clients repeat them: a line when the reason changes, and now and then.
    private func tellDelay(_ refusal: NodeError) {
        guard let times = delays.line(refusal.detail, about: refusal.status) else { return }
        logger.info(
            "requests are put off",
            metadata: ["status": "\(refusal.status)", "reason": "\(refusal.detail)", "requests": "\(times)"])
    }

    /// A path of ours as it is, and of any other as much as a log needs of it.
    private static func start(of path: String) -> String {
        path.utf8.count <= 256 ? path : "\(path.prefix(256))…"
    }

    private static func halted(_ reason: String) -> NodeError {
        .unavailable(
            "This node is stopped: its state is older than what it has signed. \(reason). Its operator has to act.",
            retryAfter: 600)
    }

    private static func nodeError(_ error: any Error, _ logger: Logger) -> NodeError {
        switch error {
        case let error as NodeError: return error
        case let error as HTTPError:
            let detail =
                error.status == .notFound ? "There is nothing at this path." : error.body ?? error.status.reasonPhrase
            return .http(error.status.code, detail)
        case is CancellationError, DatastoreError.cancelled:
            return .unavailable("The node is shutting down.", retryAfter: 1)
        case DatastoreError.notServed(let id): return .unrecognizedTask(id)
        case DatastoreError.conflict(let reason):
            return .http(409, reason)
        case DatastoreError.busy:
            return .unavailable("The node's database is busy.", retryAfter: 1)
        case DatastoreError.unavailable(let reason):
            logger.error("the database is not available", metadata: ["error": "\(reason)"])
            return .unavailable("The node's database is not available at the moment.", retryAfter: 5)
        default:
            if let shortage = Shortage(error) {
                logger.error("resources run short", metadata: ["error": "\(type(of: error)): \(error)"])
                return shortage.refusal
            }
            logger.error("internal error", metadata: ["error": "\(type(of: error)): \(error)"])
            return .http(500, "The node failed internally; its log says why.")
        }
    }
}
