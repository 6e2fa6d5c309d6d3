import Dispatch
import Testing

/// Keeps tests that compute for many seconds off the threads that all concurrent code shares.
///
/// There are as many of these threads as cores. A test that holds them stops every other test that waits for an answer of
/// a node in the same process.
struct OwnThreadsTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(OwnThreads.executor) { try await function() }
    }
}

extension Trait where Self == OwnThreadsTrait {
    static var onOwnThreads: Self { Self() }
}

/// Runs tasks on threads of Dispatch.
private final class OwnThreads: TaskExecutor {
    static let executor = OwnThreads()

    private let queue = DispatchQueue(label: "tests that compute", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
