import Dispatch
import Synchronization

/// `count` elements, made `groupSize` at a time by up to `threads` threads; each takes the next group that is left.
/// Returns when all are done.
///
/// `body` gets a group's indices and the memory for its elements, all of which it must initialize.
@inlinable
package func concurrentMap<Element: Sendable>(
    count: Int, groupSize: Int, threads: Int,
    _ body: @Sendable (Range<Int>, UnsafeMutablePointer<Element>) -> Void
) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        guard let base = buffer.baseAddress else { return }
        let groups = (count + groupSize - 1) / groupSize
        // Every slot is written by the one thread that took its group, and read after all have finished.
        nonisolated(unsafe) let slots = base
        @Sendable func make(_ group: Int) {
            let start = group * groupSize
            body(start..<min(start + groupSize, count), slots + start)
        }
        if threads > 1, groups > 1 {
            let next = Atomic<Int>(0)
            DispatchQueue.concurrentPerform(iterations: min(threads, groups)) { _ in
                var group = next.wrappingAdd(1, ordering: .relaxed).oldValue
                while group < groups {
                    make(group)
                    group = next.wrappingAdd(1, ordering: .relaxed).oldValue
                }
            }
        } else {
            for group in 0..<groups { make(group) }
        }
        initialized = count
    }
}

/// `body(0)`, `body(1)`, … `body(count - 1)`, likewise.
@inlinable
package func concurrentMap<Element: Sendable>(
    count: Int, threads: Int, _ body: @Sendable (Int) -> Element
) -> [Element] {
    concurrentMap(count: count, groupSize: 1, threads: threads) { range, target in
        target.initialize(to: body(range.lowerBound))
    }
}
