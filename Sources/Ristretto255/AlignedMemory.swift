/// Uninitialized words that begin at a multiple of 64 bytes, as the kernels in lanes want them.
///
/// It is ordinary memory with room to spare, and not what the allocator's own aligned allocation gives: glibc's leaves the
/// room before the address as a hole of its own and seldom takes the block again (sourceware bug 14581), so that a
/// process which needs such memory once for each of many reports grows with their number.
final class AlignedMemory {
    static let alignment = 64

    let words: UnsafeMutablePointer<UInt64>
    private let memory: UnsafeMutableRawPointer

    /// - Parameter count: how many words.
    init(count: Int) {
        let spare = Self.alignment - 1
        memory = .allocate(byteCount: count * MemoryLayout<UInt64>.stride + spare, alignment: 16)
        words = memory.alignedUp(toMultipleOf: Self.alignment).bindMemory(to: UInt64.self, capacity: count)
    }

    deinit {
        memory.deallocate()
    }
}
