/// Cuts an input into the parts that a decoder wants. Where the input is too short, zeros follow, so that every input
/// says something about every part.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let part = Array(rest.prefix(count))
        rest = rest.dropFirst(count)
        return part + [UInt8](repeating: 0, count: count - part.count)
    }

    mutating func uint64() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// A part whose length the input chooses, at most what is left.
    mutating func part() -> [UInt8] {
        let count = Int(byte()) << 8 | Int(byte())
        return bytes(min(count, rest.count))
    }

    mutating func remaining() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    static func encode(part: [UInt8]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: part.count >> 8), UInt8(truncatingIfNeeded: part.count)] + part
    }
}
