import CEdwards25519
import Secrets

/// Sums of many public points with secret, mostly short, factors: the same work and the same memory accesses whatever
/// the factors are.
///
/// Bit i of the factors says which points belong to 2^i. So the sum is Σ 2^i · T_i with T_i the sum of a subset of the
/// points, and the subsets are added up three points at a time: a table has the sums of a block's seven subsets, and
/// for every bit one of them, or nothing, is added to T_i. Every look-up reads the whole table. A point costs a third
/// of an addition a bit and 4/3 of one for the table: for 16 bits half of what a table of multiples of its own would
/// (`ConstantTimeStraus`). The T_i are joined once, by a doubling a bit.
enum SubsetSums {
    private static let members = 3

    /// - Parameter kernel: nil to work without lanes.
    /// - Precondition: as many integers of `stride` words as points; 1 ≤ bits ≤ 64 · stride.
    static func sum(
        words: [UInt64], stride: Int, bits: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>, kernel: LaneKernel?
    ) -> EdwardsPoint {
        precondition(words.count == points.count * stride, "scalars and points must match")
        precondition(bits >= 1 && bits <= 64 * stride, "bits must fit the scalars")
        guard let kernel else { return sum(words, stride, bits, points) }
        guard let base = points.baseAddress else { return .identity }
        let rowWords = bits * kernel.lanes * Int(CAIRN_POINT_WORDS)
        let rows = AlignedMemory(count: rowWords)
        let sums = kernel.points { sums in
            withExtendedLifetime(rows) {
                cairn_subsets_sum(
                    kernel.code, UnsafeRawPointer(base).assumingMemoryBound(to: UInt64.self), points.count, words,
                    stride, UInt32(bits), rows.words, sums)
                Wipe.memory(
                    UnsafeMutableRawBufferPointer(start: rows.words, count: rowWords * MemoryLayout<UInt64>.stride))
            }
        }
        return sums.reduce(.identity) { $0.adding(CachedPoint($1)) }
    }

    private static func sum(
        _ words: [UInt64], _ stride: Int, _ bits: Int, _ points: UnsafeBufferPointer<CachedAffinePoint>
    ) -> EdwardsPoint {
        var totals = [EdwardsPoint](repeating: .identity, count: bits)
        defer { Wipe.values(&totals) }
        for start in Swift.stride(from: 0, to: points.count, by: members) {
            let block = start..<min(start + members, points.count)
            let table = table(UnsafeBufferPointer(rebasing: points[block]))
            for bit in 0..<bits {
                var subset: UInt64 = 0
                for (member, index) in block.enumerated() {
                    subset |= ((words[index &* stride &+ bit >> 6] &>> UInt64(bit & 63)) & 1) &<< UInt64(member)
                }
                totals[bit] = totals[bit].adding(select(subset, from: table))
            }
        }
        return .joining(totals, width: 1)
    }

    /// The sums of the subsets of up to three points, in the order of the subsets' numbers in binary from 1 on.
    private static func table(_ points: UnsafeBufferPointer<CachedAffinePoint>) -> [CachedPoint] {
        var sums = [EdwardsPoint.identity]
        for point in points {
            sums += sums.map { $0.adding(point) }
        }
        return sums.dropFirst().map { CachedPoint($0) }
    }

    @inline(__always)
    private static func select(_ subset: UInt64, from table: [CachedPoint]) -> CachedPoint {
        var chosen = CachedPoint.identity
        table.withUnsafeBufferPointer { table in
            for index in 0..<table.count {
                let isWanted = Field25519.maskIfZero(subset ^ UInt64(truncatingIfNeeded: index &+ 1))
                chosen = .select(isWanted, table[index], else: chosen)
            }
        }
        return chosen
    }
}
