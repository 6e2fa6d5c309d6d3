/// What a collector asks Poplar1 for: how many measurements begin with each of the candidate prefixes, which all have
/// the same length, `level` + 1 bits.
///
/// Candidates are unique and in lexicographic order. The standard checks this in `is_valid`; here no other value
/// exists, and the decoder refuses whatever is not in order.
public struct Poplar1AggregationParameter: Sendable, Hashable {
    /// The level of the tree: the length of the prefixes less one, 0 to 65,535.
    public let level: Int
    /// The number of candidate prefixes.
    public let prefixCount: Int
    /// All prefixes, each in `bytesPerPrefix` bytes.
    let packed: [UInt8]

    var bytesPerPrefix: Int { BitString.byteCount(of: level + 1) }

    /// - Parameters:
    ///   - level: 0 to 65,535.
    ///   - prefixes: Fewer than 2^32 strings of `level` + 1 bits in strictly increasing lexicographic order.
    /// - Throws: `.invalidArgument` for anything else.
    public init(level: Int, prefixes: [BitString]) throws(VDAFError) {
        guard 0...Int(UInt16.max) ~= level else {
            throw .invalidArgument("level \(level) is not in 0...65535")
        }
        guard prefixes.count <= UInt32.max else {
            throw .invalidArgument("\(prefixes.count) prefixes are too many")
        }
        for prefix in prefixes where prefix.count != level + 1 {
            throw .invalidArgument("a prefix at level \(level) has \(level + 1) bits, not \(prefix.count)")
        }
        self.level = level
        prefixCount = prefixes.count
        packed = Array(prefixes.lazy.map(\.bytes).joined())
        guard isStrictlyIncreasing else {
            throw .invalidArgument("the prefixes are not in strictly increasing order")
        }
    }

    /// The candidates.
    public var prefixes: [BitString] {
        (0..<prefixCount).map { index in
            let start = index * bytesPerPrefix
            return BitString(unchecked: Array(packed[start..<start + bytesPerPrefix]), count: level + 1)
        }
    }

    /// Bit `depth` of prefix `index` as 0 or 1.
    @inline(__always)
    func bit(_ depth: Int, of index: Int) -> Int {
        Int(packed[index &* bytesPerPrefix &+ depth / 8] >> UInt8(7 &- depth % 8)) & 1
    }

    /// For every prefix how many of its first bits the one before has, too; -1 for the first, which has none before it.
    var commonLengths: [Int] {
        (0..<prefixCount).map { index in
            guard index > 0 else { return -1 }
            let (previous, start) = ((index - 1) * bytesPerPrefix, index * bytesPerPrefix)
            for offset in 0..<bytesPerPrefix {
                let difference = packed[previous + offset] ^ packed[start + offset]
                if difference != 0 {
                    return offset * 8 + difference.leadingZeroBitCount
                }
            }
            return level + 1
        }
    }

    /// Whether every prefix continues one of `previous`, which are shorter.
    func refines(_ previous: Poplar1AggregationParameter) -> Bool {
        let length = previous.level + 1
        var candidates = previous.prefixes[...]
        return prefixes.allSatisfy { prefix in
            let ancestor = prefix.prefix(length)
            // Both lists are in order, so a candidate that is not this one's ancestor is no later one's either.
            candidates = candidates.drop { $0 != ancestor }
            return candidates.first == ancestor
        }
    }

    private var isStrictlyIncreasing: Bool {
        for index in 0..<max(prefixCount - 1, 0) {
            let start = index * bytesPerPrefix
            let (first, second) = (
                packed[start..<start + bytesPerPrefix], packed[start + bytesPerPrefix..<start + 2 * bytesPerPrefix]
            )
            guard first.lexicographicallyPrecedes(second) else { return false }
        }
        return true
    }
}

/// Encoding (VDAF-20 section 8.2.6.6):
///
///     struct {
///         uint16_t level;
///         uint32_t num_prefixes;
///         opaque encoded_prefixes[prefixes_len];  /* ⌈(level + 1) / 8⌉ bytes each, first bit topmost, padded by zeros */
///     } Poplar1AggParam;
extension Poplar1AggregationParameter {
    private static let headerSize = 6

    /// The parameter as it stands on the wire.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + packed.count)
        withUnsafeBytes(of: UInt16(level).bigEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt32(prefixCount).bigEndian) { bytes += $0 }
        return bytes + packed
    }

    /// - Throws: `.invalidEncoding` for a wrong length, padding bits that are set, or prefixes that are not in strictly
    ///   increasing order.
    public init(decoding bytes: [UInt8]) throws(VDAFError) {
        guard bytes.count >= Self.headerSize else {
            throw .invalidEncoding("aggregation parameter: truncated")
        }
        level = Int(bytes[0]) << 8 | Int(bytes[1])
        prefixCount = bytes[2..<Self.headerSize].reduce(0) { $0 << 8 | Int($1) }
        packed = Array(bytes[Self.headerSize...])
        // At most 2^32 prefixes of 2^13 bytes: the product cannot overflow.
        guard packed.count == prefixCount * bytesPerPrefix else {
            throw .invalidEncoding(
                "aggregation parameter: \(packed.count) bytes are not \(prefixCount) prefixes of \(level + 1) bits")
        }
        let padding = ~BitString.lastByteMask(of: level + 1)
        for last in stride(from: bytesPerPrefix - 1, to: packed.count, by: bytesPerPrefix) {
            guard packed[last] & padding == 0 else {
                throw .invalidEncoding("aggregation parameter: a padding bit is set")
            }
        }
        guard isStrictlyIncreasing else {
            throw .invalidEncoding("aggregation parameter: the prefixes are not in strictly increasing order")
        }
    }
}
