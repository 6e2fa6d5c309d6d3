import Ristretto255
import Synchronization

/// The public generators of Cairn's Pedersen commitments.
///
/// G_k = hash_to_ristretto255(k as 8 little-endian bytes) under the tag `cairn generator G v1`, k from 0, and
/// H = hash_to_ristretto255(8 zero bytes) under `cairn generator H v1`. Nobody knows a discrete logarithm between any
/// two of them, and that is all that binding needs: whoever opens one commitment in two ways has found one.
///
/// All tasks share one table, which grows as longer vectors come along (about 15 µs a generator, 120 bytes each) and is
/// then read without copying.
public struct Generators: Sendable {
    /// The table of the process.
    public static let shared = Generators()

    static let vectorTag = Array("cairn generator G v1".utf8)
    static let blindingTag = Array("cairn generator H v1".utf8)

    /// H, the generator that carries the blind.
    public let blinding: RistrettoPoint

    private let table: Table

    /// The growing list of the G_k; a reference, because a lock cannot be copied.
    private final class Table: Sendable {
        let points = Mutex(PrecomputedPoints())
    }

    init() {
        blinding = RistrettoPoint.hash(Self.message(0), domainSeparationTag: Self.blindingTag)
        table = Table()
    }

    /// G_0, ..., G_{count-1}.
    public func prefix(_ count: Int) -> [RistrettoPoint] {
        let points = precomputed(atLeast: count)
        return (0..<count).map { points[$0] }
    }

    /// The first `count` generators and perhaps more, ready for multi-scalar multiplication.
    package func precomputed(atLeast count: Int) -> PrecomputedPoints {
        table.points.withLock { points in
            if points.count < count {
                points.append(
                    contentsOf: (points.count..<count).map { index in
                        RistrettoPoint.hash(Self.message(UInt64(index)), domainSeparationTag: Self.vectorTag)
                    })
            }
            return points
        }
    }

    private static func message(_ index: UInt64) -> [UInt8] {
        withUnsafeBytes(of: index.littleEndian) { Array($0) }
    }
}
