/// Sums of credits as integers of 64 bits.
enum CreditTotals {
    /// The least and greatest total that receipts with these ranges can have.
    ///
    /// - Throws: `.falseStatement` if a total may exceed 2^63, so that proofs about it would say nothing.
    static func range(_ ranges: [ClosedRange<Int64>]) throws(CreditError) -> ClosedRange<Int64> {
        var (low, high) = (Int128(0), Int128(0))
        for range in ranges {
            low += Int128(range.lowerBound)
            high += Int128(range.upperBound)
        }
        guard let lowest = Int64(exactly: low), let highest = Int64(exactly: high), highest < .max else {
            throw .falseStatement("the total of these receipts may exceed 2^63; claim fewer at a time")
        }
        return lowest...highest
    }
}
