import Ristretto255
import Synchronization

/// Multiples of sums of the first generators, value · Σ_{k < count} G_k, as commitments to a value in every coordinate
/// need them: of the type at hand always the same.
final class GeneratorSums: Sendable {
    private struct Key: Hashable {
        let count: Int
        let value: UInt128
    }

    /// More types than one process works with, in all likelihood; then it starts again.
    private static let capacity = 64

    private let table: GeneratorTable
    private let products = Mutex<[Key: RistrettoPoint]>([:])

    init(_ table: GeneratorTable) {
        self.table = table
    }

    func sum(first count: Int, times value: UInt128) -> RistrettoPoint {
        let key = Key(count: count, value: value)
        if let product = products.withLock({ $0[key] }) { return product }
        let product = Scalar(value) * table.points(atLeast: count).sum(first: count)
        products.withLock { products in
            if products.count >= Self.capacity {
                products.removeAll()
            }
            products[key] = product
        }
        return product
    }
}
