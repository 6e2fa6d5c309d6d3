import Parallel
import VDAF

/// Σ_i ρ_i·x_i for many vectors x_i of field elements and 128-bit weights ρ_i, as integers of five words.
///
/// ρ·x is below 2^256 and fewer than 2^64 of them are added, so 320 bits never overflow and nothing is reduced on the
/// way. The vectors are walked in blocks of coordinates, so that the accumulators stay in the cache however long the
/// vectors are; threads take a block each. Elements are read where they are, for their memory is their encoding.
package enum WeightedSums {
    package static let wordsPerValue = 5
    private static let blockLength = 512

    /// - Precondition: as many weights as vectors, and every vector of `count` coordinates.
    package static func sum<Field: FieldElement>(
        of vectors: ArraySlice<[Field]>, weights: ArraySlice<UInt128>, count: Int, threads: Int
    ) -> IntegerVector {
        precondition(vectors.count == weights.count && vectors.allSatisfy { $0.count == count }, "shapes must match")
        let wordsPerElement = IntegerVector.wordsPerElement(of: Field.self)
        var sums = IntegerVector(count: count, wordsPerValue: wordsPerValue)
        sums.words.withUnsafeMutableBufferPointer { sums in
            // Blocks do not overlap.
            nonisolated(unsafe) let sums = sums
            _ = concurrentMap(count: (count + blockLength - 1) / blockLength, threads: threads) { number in
                let block = number * blockLength..<min((number + 1) * blockLength, count)
                let target = UnsafeMutableBufferPointer(
                    rebasing: sums[(wordsPerValue * block.lowerBound)..<(wordsPerValue * block.upperBound)])
                for (vector, weight) in zip(vectors, weights) {
                    vector.withUnsafeBytes { bytes in
                        let words = bytes.bindMemory(to: UInt64.self)
                        let values = UnsafeBufferPointer(
                            rebasing: words[wordsPerElement * block.lowerBound..<wordsPerElement * block.upperBound])
                        if wordsPerElement == 1 {
                            accumulate(singleWords: values, weight: weight, into: target)
                        } else {
                            accumulate(doubleWords: values, weight: weight, into: target)
                        }
                    }
                }
            }
        }
        return sums
    }

    @inline(__always)
    private static func product(_ a: UInt64, _ b: UInt64) -> UInt128 {
        let product = a.multipliedFullWidth(by: b)
        return UInt128(_low: product.low, _high: product.high)
    }

    @inline(__always)
    private static func wide(_ word: UInt64) -> UInt128 {
        UInt128(_low: word, _high: 0)
    }

    @inline(never)
    private static func accumulate(
        singleWords values: UnsafeBufferPointer<UInt64>, weight: UInt128,
        into sums: UnsafeMutableBufferPointer<UInt64>
    ) {
        let (low, high) = (weight._low, weight._high)
        for index in 0..<values.count {
            let value = values[index]
            let base = wordsPerValue &* index
            let c0 = product(low, value) &+ wide(sums[base])
            let c1 = product(high, value) &+ wide(sums[base &+ 1]) &+ wide(c0._high)
            let c2 = wide(sums[base &+ 2]) &+ wide(c1._high)
            let c3 = wide(sums[base &+ 3]) &+ wide(c2._high)
            sums[base] = c0._low
            sums[base &+ 1] = c1._low
            sums[base &+ 2] = c2._low
            sums[base &+ 3] = c3._low
            sums[base &+ 4] &+= c3._high
        }
    }

    @inline(never)
    private static func accumulate(
        doubleWords values: UnsafeBufferPointer<UInt64>, weight: UInt128,
        into sums: UnsafeMutableBufferPointer<UInt64>
    ) {
        let (low, high) = (weight._low, weight._high)
        for index in 0..<(values.count / 2) {
            let (valueLow, valueHigh) = (values[2 &* index], values[2 &* index &+ 1])
            let base = wordsPerValue &* index
            let c0 = product(low, valueLow) &+ wide(sums[base])
            let cross = product(high, valueLow) &+ wide(sums[base &+ 1]) &+ wide(c0._high)
            let c1 = product(low, valueHigh) &+ wide(cross._low)
            let c2 = product(high, valueHigh) &+ wide(cross._high) &+ wide(c1._high)
            let s2 = wide(sums[base &+ 2]) &+ wide(c2._low)
            let s3 = wide(sums[base &+ 3]) &+ wide(c2._high) &+ wide(s2._high)
            sums[base] = c0._low
            sums[base &+ 1] = c1._low
            sums[base &+ 2] = s2._low
            sums[base &+ 3] = s3._low
            sums[base &+ 4] &+= s3._high
        }
    }
}
