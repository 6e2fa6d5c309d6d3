import NIOCore
import NIOPosix
import Synchronization

/// Threads for computation, so that proof verification never delays the threads that serve connections or run other
/// tasks.
///
/// A fixed number of operating-system threads with one queue; work that waits costs no thread. Work that can be split
/// (an aggregation job) is told how many threads it may use: those that nothing else uses when it starts. So a job alone
/// gets all cores, and of many at a time each gets one.
package struct WorkerPool: Sendable {
    private let threads: NIOThreadPool
    private let shares: CoreShares
    /// How many threads there are.
    package let count: Int

    /// Starts `count` threads, one a core by default.
    package init(count: Int = System.coreCount) {
        threads = NIOThreadPool(numberOfThreads: max(1, count))
        shares = CoreShares(count: max(1, count))
        self.count = max(1, count)
        threads.start()
    }

    /// Runs `work` on one of the threads and waits for it without blocking.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive { [shares] in
            let share = shares.take(atMost: 1)
            defer { shares.giveBack(share) }
            return try work()
        }
    }

    /// Runs work that can use several threads: `work` gets their number, its own included, at least 1.
    package func runInParallel<Value: Sendable>(
        _ work: @escaping @Sendable (_ threads: Int) throws -> Value
    ) async throws -> Value {
        try await threads.runIfActive { [shares] in
            let share = shares.take(atMost: .max)
            defer { shares.giveBack(share) }
            return try work(share)
        }
    }

    /// Stops the threads after the work that they are doing.
    package func shutdown() async throws {
        try await threads.shutdownGracefully()
    }
}

/// Who uses how many cores. Work that already has a thread gets at least that one, so the count can go below zero for
/// as long as an earlier job still has all cores.
package final class CoreShares: Sendable {
    private let free: Mutex<Int>

    package init(count: Int) {
        free = Mutex(count)
    }

    /// The number of cores to use: all that are free, up to `limit`, and always at least 1.
    package func take(atMost limit: Int) -> Int {
        free.withLock { free in
            let share = max(1, min(free, limit))
            free -= share
            return share
        }
    }

    package func giveBack(_ share: Int) {
        free.withLock { $0 += share }
    }
}
