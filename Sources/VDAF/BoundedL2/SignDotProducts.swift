/// Inner products of one vector with many random vectors of entries -1, 0 and 1: the wraparound test of the
/// bounded-norm type.
///
/// **Entries.** Entry k of vector i is b - b', two bits of a stream: 0 with probability 1/2, 1 and -1 with 1/4 each.
/// The stream has a row of 2·⌈checks/8⌉ bytes for each coordinate, in order. A row holds for every eight checks a byte
/// of bits b, then a byte of bits b': bit j (0 is the lowest) of the pair of bytes 2·g and 2·g + 1 belongs to check
/// 8·g + j. Bits of checks that do not exist are ignored.
///
/// **Method.** Eight checks share a table of 256 sums. A coordinate is added to the sum whose number is its byte of bits
/// b, and subtracted from the one whose number is its byte of bits b': two additions for eight checks, where adding
/// under masks takes sixteen. In the end inner product j is the sum of the entries whose number has bit j. It is found
/// for all j, from the top, by adding the upper half of the table up and then on to the lower half, which remains. (The
/// bucket method of multi-scalar multiplication does the same with digits of scalars, and is Pippenger's.)
///
/// **Exactness.** Elements are added as integers, digit by digit: an entry is a vector of 64-bit sums, one for each
/// 32-bit digit. A sum of at most 2^31 - 1 digits and of as many that are subtracted lies within ±2^63, and no result is
/// reduced more than once.
///
/// **Timing.** Which entries are touched depends on the stream, which client and aggregators know, and never on the
/// coordinates.
///
/// **Cost.** 2·d·⌈checks/8⌉ times load, add and store 16 bytes (Field64) in the nearest cache, with instructions that
/// every processor has. A store a cycle and the stream's encryption are the floor, at a tenth of a nanosecond a byte for
/// the latter; we need 1.6 times as long. Additions under masks of AVX-512, eight lanes abreast, took half again as long
/// as this, which is why there is no kernel in C.
package struct SignDotProducts: Sendable {
    package let dimension: Int
    package let checks: Int

    /// - Precondition: 1 <= dimension < 2^31, and there is at least one check.
    package init(dimension: Int, checks: Int) {
        precondition(dimension >= 1 && dimension < 1 << 31 && checks >= 1, "no vectors to multiply")
        self.dimension = dimension
        self.checks = checks
    }

    /// Bytes of the stream that an evaluation takes.
    package var streamSize: Int { dimension * rowSize }

    private var tables: Int { (checks + 7) / 8 }
    private var rowSize: Int { 2 * tables }

    /// The inner products in the field.
    ///
    /// - Throws: ``VDAFError/invalidArgument(_:)`` if the vector does not have `dimension` elements.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func evaluate<Field: FieldElement>(
        _ vector: UnsafeBufferPointer<Field>, xof: inout XofHmacSha256Aes128
    ) throws(VDAFError) -> [Field] {
        let memory = UnsafeRawBufferPointer(vector)
        return switch Field.encodedSize {
        case 8: try digitSums(TwoDigits.self, memory, &xof).map(Self.element)
        case 16: try digitSums(FourDigits.self, memory, &xof).map(Self.element)
        default: preconditionFailure("a field with another size of elements")
        }
    }

    /// The inner products of integers, modulo 2^64: exact where the coordinates' absolute values add up to less than
    /// 2^63, as fewer than 2^23 coordinates below 2^40 do.
    ///
    /// - Throws: ``VDAFError/invalidArgument(_:)`` if the vector does not have `dimension` elements.
    package func evaluate(
        _ vector: UnsafeBufferPointer<Int64>, xof: inout XofHmacSha256Aes128
    ) throws(VDAFError) -> [Int64] {
        // Modulo 2^64 a negative number is the unsigned one that its memory holds.
        try digitSums(TwoDigits.self, UnsafeRawBufferPointer(vector), &xof).map {
            Int64(truncatingIfNeeded: $0[0] &+ $0[1] << 32)
        }
    }

    /// The inner products of each digit, as integers modulo 2^64.
    private func digitSums<Digits: ElementDigits>(
        _: Digits.Type, _ vector: UnsafeRawBufferPointer, _ xof: inout XofHmacSha256Aes128
    ) throws(VDAFError) -> [Digits.Sums] {
        let size = MemoryLayout<Digits>.size
        guard let coordinates = vector.baseAddress, vector.count == dimension * size else {
            throw .invalidArgument("the vector must have \(dimension) elements")
        }
        let tableEntries = tables * Self.tableSize
        return withUnsafeTemporaryAllocation(of: Digits.Sums.self, capacity: tableEntries) { sums in
            guard let sums = sums.baseAddress else { return [] }
            sums.initialize(repeating: .zero, count: tableEntries)
            withUnsafeTemporaryAllocation(byteCount: Self.rowsPerPiece * rowSize, alignment: 16) { stream in
                var row = 0
                while row < dimension {
                    let rows = min(Self.rowsPerPiece, dimension - row)
                    let piece = UnsafeMutableRawBufferPointer(rebasing: stream[..<(rows * rowSize)])
                    xof.fill(piece)
                    for table in 0..<tables {
                        Self.add(
                            Digits.self, coordinates + row * size, UnsafeRawBufferPointer(piece), pair: table,
                            rowSize: rowSize, to: sums + table * Self.tableSize)
                    }
                    row += rows
                }
            }
            return (0..<tables).flatMap { table in
                Self.bitSums(sums + table * Self.tableSize).prefix(checks - 8 * table)
            }
        }
    }

    private static let tableSize = 256
    /// For 104 checks, 26 KiB of the stream at once: it and a table stay in the nearest caches.
    private static let rowsPerPiece = 1024

    /// Adds as many coordinates as `stream` has rows to the table of one pair of bytes.
    ///
    /// - Precondition: `coordinates` are at least as many, `2 * pair < rowSize`, and the table has 256 entries.
    @inline(__always)
    private static func add<Digits: ElementDigits>(
        _: Digits.Type, _ coordinates: UnsafeRawPointer, _ stream: UnsafeRawBufferPointer, pair: Int, rowSize: Int,
        to table: UnsafeMutablePointer<Digits.Sums>
    ) {
        guard var bits = stream.baseAddress else { return }
        bits += 2 &* pair
        var coordinate = coordinates
        for _ in 0..<stream.count / rowSize {
            let digits = Digits.load(coordinate)
            let plus = Int(bits.load(as: UInt8.self))
            table[plus] = table[plus] &+ digits
            let minus = Int(bits.load(fromByteOffset: 1, as: UInt8.self))
            table[minus] = table[minus] &- digits
            coordinate += MemoryLayout<Digits>.size
            bits += rowSize
        }
    }

    /// For each of eight bits the sum of the entries whose number has it. Leaves partial sums in the table.
    private static func bitSums<Sums: SIMD>(_ table: UnsafeMutablePointer<Sums>) -> [Sums]
    where Sums.Scalar == UInt64 {
        (0..<8).reversed().map { bit in
            var sum = Sums.zero
            for index in 0..<1 << bit {
                let upper = table[index | 1 << bit]
                sum = sum &+ upper
                table[index] = table[index] &+ upper
            }
            return sum
        }.reversed()
    }

    /// Σ s_i·2^(32·i) in the field, for digit sums s_i between -2^63 and 2^63.
    private static func element<Field: FieldElement, Sums: SIMD>(_ sums: Sums) -> Field where Sums.Scalar == UInt64 {
        let bias: UInt64 = 1 << 63
        return sums.indices.reversed().reduce(Field.zero) { result, digit in
            result * Field(1 << 32) + (Field(sums[digit] &+ bias) - Field(bias))
        }
    }
}

/// The 32-bit digits of a coordinate as it lies in memory, and how many of them can be added up.
private protocol ElementDigits {
    associatedtype Sums: SIMD where Sums.Scalar == UInt64
    static func load(_ memory: UnsafeRawPointer) -> Sums
}

private typealias TwoDigits = SIMD2<UInt32>
private typealias FourDigits = SIMD4<UInt32>

extension SIMD2<UInt32>: ElementDigits {
    @inline(__always)
    fileprivate static func load(_ memory: UnsafeRawPointer) -> SIMD2<UInt64> {
        SIMD2<UInt64>(truncatingIfNeeded: memory.loadUnaligned(as: Self.self))
    }
}

extension SIMD4<UInt32>: ElementDigits {
    @inline(__always)
    fileprivate static func load(_ memory: UnsafeRawPointer) -> SIMD4<UInt64> {
        SIMD4<UInt64>(truncatingIfNeeded: memory.loadUnaligned(as: Self.self))
    }
}
