/// A set of row numbers, which are dense where they are many: a bit each, in words of 64, for the reports of a batch that
/// somebody names.
package struct ReportNumbers: Sendable, Equatable {
    /// The words that are not zero, by the number's higher bits.
    private var words: [Int64: UInt64] = [:]
    package private(set) var count: UInt64 = 0

    package init() {}

    /// - Returns: false where it is there already.
    package mutating func insert(_ number: Int64) -> Bool {
        let bit = Self.bit(number)
        let word = words[number >> 6, default: 0]
        guard word & bit == 0 else { return false }
        words[number >> 6] = word | bit
        count += 1
        return true
    }

    package func contains(_ number: Int64) -> Bool {
        words[number >> 6, default: 0] & Self.bit(number) != 0
    }

    private static func bit(_ number: Int64) -> UInt64 { 1 << UInt64(number & 63) }
}
