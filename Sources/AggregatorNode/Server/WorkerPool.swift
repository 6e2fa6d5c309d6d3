import NIOCore
import NIOPosix

/// Threads for computation, so that proof verification never delays the threads that serve connections or run other
/// tasks.
///
/// A fixed number of operating-system threads with one queue; work that waits costs no thread.
package struct WorkerPool: Sendable {
    private let threads: NIOThreadPool

    /// Starts `count` threads, one a core by default.
    package init(count: Int = System.coreCount) {
        threads = NIOThreadPool(numberOfThreads: max(1, count))
        threads.start()
    }

    /// Runs `work` on one of the threads and waits for it without blocking.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(work)
    }

    /// Stops the threads after the work that they are doing.
    package func shutdown() async throws {
        try await threads.shutdownGracefully()
    }
}
