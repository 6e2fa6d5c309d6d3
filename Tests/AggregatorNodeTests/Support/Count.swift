import Synchronization

/// Something that happens several times, and that others see.
final class Count: Sendable {
    private let state = Atomic(0)

    var value: Int { state.load(ordering: .sequentiallyConsistent) }

    func change(by difference: Int) { state.add(difference, ordering: .sequentiallyConsistent) }
}
