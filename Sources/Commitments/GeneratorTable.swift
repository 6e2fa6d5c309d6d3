import Foundation
import Parallel
import Ristretto255
import Synchronization

/// The growing list of the G_k in memory.
///
/// Addresses for all generators that there can be are reserved at the start, which costs no memory, so the list grows in
/// place and what readers hold stays valid. A chunk of 4,096 generators is a whole number of pages: it can be mapped from
/// a file instead of written.
final class GeneratorTable: Sendable {
    static let chunkLength = 4_096
    static let capacity = 1 << 24
    static let chunkSize = chunkLength * PointMemory.pointSize
    /// The most generators that get a table of multiples, which takes 43 MB, or 6 to 10 MB in lanes.
    private static let maximalWindowCount = 16_384

    private let cache: GeneratorCache?
    private let memory: PointMemory
    nonisolated(unsafe) private let base: UnsafeMutableRawPointer
    /// Generators that are there, a whole number of chunks.
    private let count = Mutex(0)
    private let windows = Mutex<WindowTable?>(nil)

    init(cache: GeneratorCache?) {
        self.cache = cache
        // Pages take memory only once they are written.
        var size = Self.capacity * PointMemory.pointSize
        var address = Self.reserve(size)
        while address == nil, size > Self.chunkSize {
            size /= 2
            address = Self.reserve(size)
        }
        guard let address else { fatalError("no memory for a single chunk of generators") }
        nonisolated(unsafe) let owned = address
        let ownedSize = size
        base = address
        memory = PointMemory(address, capacity: size / PointMemory.pointSize) { munmap(owned, ownedSize) }
    }

    private static func reserve(_ size: Int) -> UnsafeMutableRawPointer? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0)
        return address == MAP_FAILED ? nil : address
    }

    func points(atLeast wanted: Int) -> PrecomputedPoints {
        precondition(wanted <= memory.capacity, "more generators than the table can hold")
        return count.withLock { count in
            while count < wanted {
                load(chunk: count / Self.chunkLength)
                count += Self.chunkLength
            }
            return PrecomputedPoints(memory, count: count)
        }
    }

    func windowTable(atLeast wanted: Int, threads: Int) -> WindowTable? {
        guard wanted <= Self.maximalWindowCount else { return nil }
        let points = points(atLeast: wanted)
        return windows.withLock { table in
            if let table, table.count >= wanted { return table }
            let made = WindowTable(points, count: wanted, threads: threads)
            table = made
            return made
        }
    }

    /// Brings one chunk into its place: from the cache, or by derivation on all cores.
    private func load(chunk: Int) {
        let target = base + chunk * Self.chunkSize
        if let cache, cache.map(chunk: chunk, at: target) { return }
        let blockLength = 64
        let threads = ProcessInfo.processInfo.activeProcessorCount
        _ = concurrentMap(count: Self.chunkLength / blockLength, threads: threads) { [memory] block in
            let start = chunk * Self.chunkLength + block * blockLength
            memory.write(Generators.derive(start..<start + blockLength), at: start)
        }
        cache?.store(chunk: chunk, UnsafeRawBufferPointer(start: target, count: Self.chunkSize))
    }
}
