import Hummingbird
import NIOCore

/// Where uploads are decrypted, and how many of them at a time.
///
/// A request of a thousand reports and one of a single report take turns, a slice of reports each, in the order in which
/// they asked; whatever else the threads have to do is never behind more than a slice for every place. A short piece of
/// work is done where its request is answered, which saves the way to another thread and back: but never on all the
/// threads that answer requests, or a flood of single reports would keep everything else waiting.
package struct UploadPlaces: Sendable {
    private let workers: WorkerPool
    private let slices: Turns
    private let short: Turns

    /// - Parameter cores: how many threads answer requests, and as many compute.
    package init(workers: WorkerPool, cores: Int = System.coreCount) {
        self.workers = workers
        // One slice more than there are threads, so that none waits for the next request.
        slices = Turns(places: cores + 1)
        // One thread stays free for all other answers.
        short = Turns(places: cores - 1)
    }

    /// - Parameter isShort: whether it takes less time than going to another thread and back, and no more than reading
    ///   its request.
    package func run<Value: Sendable>(
        isShort: Bool, _ work: @escaping @Sendable () -> Value
    ) async throws -> Value {
        if isShort, let value = short.takeIfFree(work) { return value }
        return try await slices.take { try await workers.run(work) }
    }
}
