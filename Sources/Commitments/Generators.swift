import Ristretto255
import Synchronization

/// The public generators of Cairn's Pedersen commitments.
///
/// G_k = hash_to_ristretto255(k as 8 little-endian bytes) under the tag `cairn generator G v1`, k from 0, and
/// H = hash_to_ristretto255(8 zero bytes) under `cairn generator H v1`. Credit notes commit to one value over B and H,
/// with B = hash_to_ristretto255(8 zero bytes) under `cairn generator B v1`. Nobody knows a discrete logarithm between
/// any two of them, and that is all that binding needs: whoever opens one commitment in two ways has found one.
///
/// All tasks share one table, which grows by chunks as longer vectors come along and is read without copying. A chunk
/// is derived once on a machine, on all cores, and then mapped from a file (``GeneratorCache``).
public struct Generators: Sendable {
    /// The table of the process.
    public static let shared = Generators(cache: .standard)

    /// The most generators that one vector can take: 16,777,216.
    public static let maximalCount = GeneratorTable.capacity

    static let vectorTag = Array("cairn generator G v1".utf8)
    static let blindingTag = Array("cairn generator H v1".utf8)
    static let noteTag = Array("cairn generator B v1".utf8)

    /// H, the generator that carries the blind.
    public let blinding: RistrettoPoint

    /// B, the generator that carries the value of a credit note.
    public let noteBase: RistrettoPoint

    private let table: GeneratorTable
    private let sums: GeneratorSums
    private let blindingMultiples: FixedBase

    /// - Parameter cache: Where chunks are kept; nil for nowhere.
    package init(cache: GeneratorCache?) {
        blinding = RistrettoPoint.hash(Self.message(0), domainSeparationTag: Self.blindingTag)
        noteBase = RistrettoPoint.hash(Self.message(0), domainSeparationTag: Self.noteTag)
        blindingMultiples = FixedBase(blinding)
        table = GeneratorTable(cache: cache)
        sums = GeneratorSums(table)
    }

    /// G_0, ..., G_{count-1}.
    ///
    /// - Precondition: `count` is at most ``maximalCount``.
    public func prefix(_ count: Int) -> [RistrettoPoint] {
        let points = precomputed(atLeast: count)
        return (0..<count).map { points[$0] }
    }

    /// The first `count` generators and perhaps more, ready for multi-scalar multiplication.
    package func precomputed(atLeast count: Int) -> PrecomputedPoints {
        table.points(atLeast: count)
    }

    /// r·H, in constant time.
    package func blind(_ r: Scalar) -> RistrettoPoint {
        r * blindingMultiples
    }

    /// value·(G_0 + ... + G_{count-1}), which is kept.
    package func sum(first count: Int, times value: UInt128) -> RistrettoPoint {
        sums.sum(first: count, times: value)
    }

    /// A table of multiples of at least the first `count` generators, for whoever multiplies by them again and again;
    /// nil where it would take too much memory.
    package func windowTable(atLeast count: Int, threads: Int) -> WindowTable? {
        table.windowTable(atLeast: count, threads: threads)
    }

    /// G_k for a range of k, from its definition.
    static func derive(_ range: Range<Int>) -> [RistrettoPoint] {
        RistrettoPoint.hash(range.map { message(UInt64($0)) }, domainSeparationTag: vectorTag)
    }

    private static func message(_ index: UInt64) -> [UInt8] {
        withUnsafeBytes(of: index.littleEndian) { Array($0) }
    }
}
