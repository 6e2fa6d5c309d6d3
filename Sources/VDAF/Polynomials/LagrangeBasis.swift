/// Evaluation of polynomials that are given by their values at the first `nodes.count` powers of a root of unity.
///
/// A polynomial P of degree below m with values v at nodes x_0 … x_{m-1} is P(t) = Σ_i v_i·L_i(t) with
///
///     L_i(t) = b_i · Π_{j≠i} (t - x_j),      b_i = 1 / Π_{j≠i} (x_i - x_j).
///
/// The b_i depend on the nodes only and are computed once. The products are prefix times suffix products, so a set of
/// weights costs 4m multiplications and no inversion, and one set serves every polynomial over the same nodes.
///
/// The nodes need not be all n powers of the root. A gadget polynomial of degree 2 comes as n - 1 values; to use
/// exactly those nodes means that its missing value is never computed (the reference method takes quadratic time for
/// it). With w^m … w^(n-1) the powers left out, Π over *all* j≠i of (x_i - x_j) is n·x_i^(n-1) = n / x_i, hence
///
///     b_i = x_i / n · Π_{k=m}^{n-1} (x_i - w^k).
package struct LagrangeBasis<Field: NTTFieldElement>: Sendable {
    /// 1, w, w², …
    package let nodes: [Field.Factor]
    /// b_i.
    private let barycentric: [Field.Factor]

    /// - Parameters:
    ///   - count: m, the number of values; at least 1.
    ///   - orderLog2: log2 of the order n of the root, n >= m.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package init(count: Int, orderLog2: Int) {
        let order = 1 << orderLog2
        let root = Field.Factor(Field.rootOfUnity(orderLog2: orderLog2))
        var powers = [Field.Factor]()
        powers.reserveCapacity(order)
        var power = Field.Factor.one
        for _ in 0..<order {
            powers.append(power)
            power = power * root
        }
        let inverseOrder = Field.Factor(Field(UInt64(order)).inverted())
        let missing = powers[count...]
        barycentric = powers[..<count].map { node in
            missing.reduce(node * inverseOrder) { $0 * (node - $1) }
        }
        nodes = Array(powers[..<count])
    }

    /// L_0(t) … L_{m-1}(t).
    ///
    /// `t` may be a node; then one weight is 1 and the others are 0.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func weights(at t: Field) -> [Field.Factor] {
        [Field.Factor](unsafeUninitializedCapacity: nodes.count) { target, written in
            if let base = target.baseAddress {
                writeWeights(at: Field.Factor(t), to: base)
            }
            written = nodes.count
        }
    }

    /// The same to `weights`, which has room for them.
    @inline(__always)
    func writeWeights(at t: Field.Factor, to weights: UnsafeMutablePointer<Field.Factor>) {
        let count = nodes.count
        nodes.withUnsafeBufferPointer { nodes in
            barycentric.withUnsafeBufferPointer { barycentric in
                for index in 0..<count {
                    weights[index] = barycentric[index]
                }
                // Both running products in one loop: neither waits for the other's multiplication.
                var (prefix, suffix) = (Field.Factor.one, Field.Factor.one)
                for index in 0..<count {
                    let mirrored = count &- 1 &- index
                    weights[index] = weights[index] * prefix
                    prefix = prefix * (t - nodes[index])
                    weights[mirrored] = weights[mirrored] * suffix
                    suffix = suffix * (t - nodes[mirrored])
                }
            }
        }
    }
}
