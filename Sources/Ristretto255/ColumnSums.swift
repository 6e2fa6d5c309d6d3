import CEdwards25519
import Parallel

/// The same linear combination of many columns of points: sum_j = Σ_b scalar_b · P[start_b + j].
///
/// This is how an argument folds its generators: the scalars are products of a few challenges, one for each block of
/// points, and every column of blocks gets the same ones. So the scalars are recoded once, into a list of additions
/// that all columns follow; a column costs one doubling a bit, and for each block a table and an addition for every six
/// bits (`Straus`). Blocks may end early: what they lack is the identity. Variable time.
enum ColumnSums {
    /// An addition of one of a block's odd multiples; after it, doublings until the next.
    typealias Step = cairn_column_step

    private static let tableLength = Int(CAIRN_COLUMN_ENTRIES)
    /// Columns that a thread takes at a time.
    static let groupSize = 64

    /// - Parameter kernel: what takes several columns at once; nil to take one after the other.
    /// - Precondition: as many blocks as scalars; the first block is the longest, and its scalar is 1.
    static func sums(
        scalars: [Scalar], blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int,
        kernel: LaneKernel?
    ) -> PrecomputedPoints {
        precondition(scalars.count == blocks.count && scalars.first == .one, "blocks and scalars must match")
        let count = blocks[0].count
        precondition(blocks.allSatisfy { $0.count <= count && $0.upperBound <= points.count }, "blocks must fit")
        let steps = program(Array(scalars.dropFirst()))
        return PrecomputedPoints(
            kernel.map { laneSums(steps, blocks, points, threads: threads, kernel: $0) }
                ?? sums(steps, blocks, points, threads: threads))
    }

    private static func sums(
        _ steps: [Step], _ blocks: [Range<Int>], _ points: UnsafeBufferPointer<CachedAffinePoint>, threads: Int
    ) -> [RistrettoPoint] {
        nonisolated(unsafe) let points = points
        return concurrentMap(count: blocks[0].count, groupSize: groupSize, threads: threads) { range, target in
            withUnsafeTemporaryAllocation(of: CachedPoint.self, capacity: tableLength * blocks.count) { table in
                table.initialize(repeating: .identity)
                for column in range {
                    for (index, block) in blocks.dropFirst().enumerated() {
                        let entries = UnsafeMutableBufferPointer(rebasing: table[(tableLength * index)...])
                        if column < block.count {
                            Straus.fillOddMultiples(of: points[block.lowerBound + column], into: entries)
                        } else {
                            entries[..<tableLength].update(repeating: .identity)
                        }
                    }
                    let sum = steps.withUnsafeBufferPointer { run($0, table) }
                    (target + (column - range.lowerBound)).initialize(
                        to: RistrettoPoint(sum.adding(points[blocks[0].lowerBound + column])))
                }
            }
        }
    }

    /// The additions for Σ scalar_b · P_b, from the top bit down.
    private static func program(_ scalars: [Scalar]) -> [Step] {
        Scalar.words(of: scalars).withUnsafeBufferPointer { words in
            let recoded = PublicScalars(words: words, stride: 4, count: scalars.count)
            let bits = recoded.bitLength
            let digits = recoded.nonAdjacentForms(bitLength: bits)
            var steps: [Step] = []
            for row in stride(from: bits, through: 0, by: -1) {
                for index in scalars.indices {
                    let digit = Int(digits[row * scalars.count + index])
                    guard digit != 0 else { continue }
                    let entry = UInt32(tableLength * index + abs(digit) / 2)
                    steps.append(Step(entry: entry, negative: digit < 0 ? 1 : 0, doublings: 0))
                }
                if row > 0, !steps.isEmpty {
                    steps[steps.count - 1].doublings += 1
                }
            }
            return steps
        }
    }

    private static func run(
        _ steps: UnsafeBufferPointer<Step>, _ table: UnsafeMutableBufferPointer<CachedPoint>
    ) -> EdwardsPoint {
        var result = EdwardsPoint.identity
        for step in steps {
            let entry = Int(truncatingIfNeeded: step.entry)
            var next =
                step.negative != 0
                ? CompletedPoint(result, minus: table[entry]) : CompletedPoint(result, plus: table[entry])
            for _ in 0..<step.doublings {
                next = next.doubled
            }
            result = next.extended
        }
        return result
    }
}
