import Dispatch
import Synchronization

/// `body(0)`, `body(1)`, … `body(count - 1)`, computed by up to `threads` threads; each takes the next index that is
/// left. Returns when all are done.
@inlinable
package func concurrentMap<Element: Sendable>(
    count: Int, threads: Int, _ body: @Sendable (Int) -> Element
) -> [Element] {
    guard threads > 1, count > 1 else { return (0..<count).map(body) }
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        // Every slot is written by the one thread that took its index, and read after all have finished.
        nonisolated(unsafe) let slots = buffer
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
            var index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            while index < count {
                slots.initializeElement(at: index, to: body(index))
                index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            }
        }
        initialized = count
    }
}
