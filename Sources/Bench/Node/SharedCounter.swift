import Synchronization

/// Hands out 0, 1, 2, …, each number once, to whoever asks.
final class SharedCounter: Sendable {
    private let number = Atomic<Int>(0)

    func next() -> Int { number.wrappingAdd(1, ordering: .relaxed).oldValue }
}
