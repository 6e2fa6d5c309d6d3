import ServiceLifecycle

/// Runs a loop until the node shuts down. All that a loop does survives being stopped anywhere, so shutdown cancels
/// it.
struct BackgroundService: Service {
    let body: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown { await body() }
    }
}
