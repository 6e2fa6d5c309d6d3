import CEdwards25519
import Parallel

/// Eight columns at once, one a lane (see `CEdwards25519`): all follow the same steps.
extension ColumnSums {
    /// - Precondition: the processor has lanes.
    static func laneSums(
        _ steps: [Step], _ blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int
    ) -> [RistrettoPoint] {
        precondition(LaneBuckets.areAvailable, "this processor has no AVX-512 IFMA")
        nonisolated(unsafe) let points = points
        return concurrentMap(count: blocks[0].count, groupSize: groupSize, threads: threads) { range, target in
            let words = Int(CAIRN_COLUMN_ENTRIES) * Int(CAIRN_COLUMN_ENTRY_WORDS) * blocks.count
            let table = AlignedMemory(count: words)
            defer { withExtendedLifetime(table) {} }
            withUnsafePointer(to: CachedAffinePoint(affine: .identity)) { identity in
                for first in stride(from: range.lowerBound, to: range.upperBound, by: LaneBuckets.lanes) {
                    let columns = first..<min(first + LaneBuckets.lanes, range.upperBound)
                    let sources = sources(columns, blocks, points, identity)
                    for (column, sum) in zip(columns, sums(steps, sources, table.words)) {
                        (target + (column - range.lowerBound)).initialize(to: RistrettoPoint(sum))
                    }
                }
            }
        }
    }

    /// Where the points of the columns are, block by block; the identity where there is none.
    private static func sources(
        _ columns: Range<Int>, _ blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>,
        _ identity: UnsafePointer<CachedAffinePoint>
    ) -> [UnsafePointer<UInt64>?] {
        blocks.flatMap { block in
            (0..<LaneBuckets.lanes).map { lane in
                let column = columns.lowerBound + lane
                let isThere = columns.contains(column) && column < block.count
                let point = isThere ? points.baseAddress.map { $0 + (block.lowerBound + column) } : identity
                return UnsafeRawPointer(point ?? identity).assumingMemoryBound(to: UInt64.self)
            }
        }
    }

    private static func sums(
        _ steps: [Step], _ sources: [UnsafePointer<UInt64>?], _ table: UnsafeMutablePointer<UInt64>
    ) -> [EdwardsPoint] {
        let wordsPerPoint = Int(CAIRN_BUCKET_WORDS)
        let sums = [UInt64](unsafeUninitializedCapacity: LaneBuckets.lanes * wordsPerPoint) { sums, initialized in
            cairn_columns_sum_ifma(
                table, sources, sources.count / LaneBuckets.lanes, steps, steps.count, sums.baseAddress)
            initialized = sums.count
        }
        return (0..<LaneBuckets.lanes).map { EdwardsPoint(bucket: sums[(wordsPerPoint * $0)...].prefix(wordsPerPoint)) }
    }
}
