import Logging
import ServiceLifecycle

/// Looks once a second whether the database is still the one that the node works with, and lets the file beside the keys
/// follow what other programs have counted (`cairn node task remove`).
struct GenerationWatch: Service {
    let generation: Generation

    private static let pause: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                // What fails is said by whoever needs it; what stops the node stops it.
                try? await generation.settle()
            }
        }
    }
}
