import Commitments
import Ristretto255
import Synchronization

/// The generators of range proofs: 64 G and 64 H for every value that one proof is about.
///
///     G_{j,i} = hash_to_ristretto255(64·j + i as 8 little-endian bytes) under `cairn range generator G v1`
///     H_{j,i} = the same under `cairn range generator H v1`
///
/// for value j and bit i, both from 0. Shorter ranges use the first generators of every value, so that proofs of all
/// shapes share them. They are derived once in a process, when they are first needed.
final class RangeGenerators: Sendable {
    static let shared = RangeGenerators()

    /// Values that one proof can be about.
    static let maximalValueCount = 32
    static let bitsPerValue = 64

    /// Generators of one value: its G, then its H.
    static let stride = 2 * bitsPerValue

    private let entries = Mutex<[Int: Entry]>([:])

    /// The generators of the first values, value by value, then B and H, and a table of their multiples: 0.5 MB and 5 ms
    /// for one value, 12 MB and 0.15 s for 32, which a single proof with all its rounds makes up for.
    struct Entry: Sendable {
        let points: PrecomputedPoints
        private let table: WindowTable

        fileprivate init(valueCount: Int) {
            func generator(_ tag: [UInt8], _ index: Int) -> RistrettoPoint {
                let message = withUnsafeBytes(of: UInt64(index).littleEndian) { Array($0) }
                return RistrettoPoint.hash(message, domainSeparationTag: tag)
            }
            points = PrecomputedPoints(
                (0..<valueCount).flatMap { value in
                    [gTag, hTag].flatMap { tag in
                        (0..<bitsPerValue).map { generator(tag, bitsPerValue * value + $0) }
                    }
                } + [Generators.shared.noteBase, Generators.shared.blinding])
            table = WindowTable(points, count: points.count, threads: 1)
        }

        /// Σ scalar · generator + value·B + blind·H. Variable time.
        ///
        /// - Precondition: no more scalars than the values have generators.
        func variableTimeSum(
            _ scalars: [Scalar], value: Scalar, blind: Scalar, threads: Int
        ) -> RistrettoPoint {
            let rest = [Scalar](repeating: .zero, count: points.count - 2 - scalars.count)
            let all = scalars + rest + [value, blind]
            return table.variableTimeMultiScalar(all, threads: threads)
        }
    }

    private static let gTag = Array("cairn range generator G v1".utf8)
    private static let hTag = Array("cairn range generator H v1".utf8)

    /// The generators of `valueCount` values, rounded up to a power of two.
    ///
    /// - Precondition: at least 1 and at most `maximalValueCount`.
    func entry(valueCount: Int) -> Entry {
        precondition((1...Self.maximalValueCount).contains(valueCount), "there are generators for up to 32 values")
        var rounded = 1
        while rounded < valueCount { rounded *= 2 }
        return entries.withLock { entries in
            if let entry = entries[rounded] { return entry }
            let made = Entry(valueCount: rounded)
            entries[rounded] = made
            return made
        }
    }
}
