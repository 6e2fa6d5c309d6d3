import CEdwards25519
import Parallel

/// Several columns at once, one a lane (see `CEdwards25519`): all follow the same steps.
extension ColumnSums {
    static func laneSums(
        _ steps: [Step], _ blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int,
        kernel: LaneKernel
    ) -> [RistrettoPoint] {
        nonisolated(unsafe) let points = points
        return concurrentMap(count: blocks[0].count, groupSize: groupSize, threads: threads) { range, target in
            let words = Int(CAIRN_COLUMN_ENTRIES) * kernel.lanes * Int(CAIRN_POINT_WORDS) * blocks.count
            let table = AlignedMemory(count: words)
            defer { withExtendedLifetime(table) {} }
            withUnsafePointer(to: CachedAffinePoint(affine: .identity)) { identity in
                for first in stride(from: range.lowerBound, to: range.upperBound, by: kernel.lanes) {
                    let columns = first..<min(first + kernel.lanes, range.upperBound)
                    let sources = sources(columns, blocks, points, identity, kernel)
                    for (column, sum) in zip(columns, sums(steps, sources, table.words, kernel)) {
                        (target + (column - range.lowerBound)).initialize(to: RistrettoPoint(sum))
                    }
                }
            }
        }
    }

    /// Where the points of the columns are, block by block; the identity where there is none.
    private static func sources(
        _ columns: Range<Int>, _ blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>,
        _ identity: UnsafePointer<CachedAffinePoint>, _ kernel: LaneKernel
    ) -> [UnsafePointer<UInt64>?] {
        blocks.flatMap { block in
            (0..<kernel.lanes).map { lane in
                let column = columns.lowerBound + lane
                let isThere = columns.contains(column) && column < block.count
                let point = isThere ? points.baseAddress.map { $0 + (block.lowerBound + column) } : identity
                return UnsafeRawPointer(point ?? identity).assumingMemoryBound(to: UInt64.self)
            }
        }
    }

    private static func sums(
        _ steps: [Step], _ sources: [UnsafePointer<UInt64>?], _ table: UnsafeMutablePointer<UInt64>,
        _ kernel: LaneKernel
    ) -> [EdwardsPoint] {
        kernel.points { sums in
            cairn_columns_sum(
                kernel.code, table, sources, sources.count / kernel.lanes, steps, steps.count, sums)
        }
    }
}
