/// The fully linear proof system of BBCGGI19 (eprint 2019/188) theorem 4.3, with polynomials in the Lagrange basis
/// (VDAF-20 section 7.3).
///
/// For every gadget, all calls together define one polynomial per input wire: its value at w^0 is a random seed and
/// its value at w^k is the wire's input in call k. The gadget applied to the wire polynomials is a polynomial again,
/// whose values the proof carries. Verifiers hold shares of everything, evaluate wire polynomials and gadget
/// polynomial at a random point, and only these few values are added up over the verifiers (`query`) and compared
/// (`decide`).
///
/// The struct holds what depends on the circuit alone and is computed once. Proving is in
/// `FullyLinearProof+Prove.swift`, verification in `FullyLinearProof+Verify.swift`.
package struct FullyLinearProof<Circuit: ArithmeticCircuit>: Sendable {
    typealias Field = Circuit.Field

    let circuit: Circuit
    let plans: [GadgetPlan<Field>]
    /// Elements of a proof.
    package let proofLength: Int
    /// Elements of a verifier.
    let verifierLength: Int
    /// Elements of randomness for a proof: the wire seeds.
    package let proveRandomnessLength: Int
    /// Elements of randomness for a query: coefficients that combine several circuit outputs, and the test points.
    package let queryRandomnessLength: Int

    init(circuit: Circuit) {
        self.circuit = circuit
        let shapes = circuit.gadgets
        plans = shapes.map { GadgetPlan(shape: $0) }
        proofLength = shapes.reduce(0) { $0 + $1.proofLength }
        verifierLength = shapes.reduce(1) { $0 + $1.verifierLength }
        proveRandomnessLength = shapes.reduce(0) { $0 + $1.arity }
        let outputs = circuit.evaluationOutputLength
        queryRandomnessLength = shapes.count + (outputs > 1 ? outputs : 0)
    }
}

/// Precomputed tables for the polynomials of one gadget. A class, so that handing it around costs one reference.
package final class GadgetPlan<Field: NTTFieldElement>: Sendable {
    let shape: GadgetShape
    /// For wire polynomials: all p-th roots of unity.
    let wireBasis: LagrangeBasis<Field>
    /// For the gadget polynomial: as many n-th roots of unity as the proof carries values.
    let polynomialBasis: LagrangeBasis<Field>
    let transform: NumberTheoreticTransform<Field>
    /// Entry c - 1 moves wire polynomials from the p-th roots of unity to their coset by w_n^c, 0 < c < n/p.
    let cosetFactors: [[Field.Factor]]
    /// The same as tables of a faster transform, for Field128 where there is one.
    let fastCosets: [CosetTransform128]

    package init(shape: GadgetShape) {
        self.shape = shape
        wireBasis = LagrangeBasis(count: shape.wireLength, orderLog2: shape.wireLengthLog2)
        polynomialBasis = LagrangeBasis(count: shape.polynomialLength, orderLog2: shape.polynomialOrderLog2)
        let transform = NumberTheoreticTransform<Field>(countLog2: shape.wireLengthLog2)
        let root = Field.rootOfUnity(orderLog2: shape.polynomialOrderLog2)
        var shift = Field.one
        var fastCosets: [CosetTransform128] = []
        cosetFactors = (1..<max(shape.step, 1)).map { _ in
            shift *= root
            if let shift = shift as? Field128,
                let fast = CosetTransform128(orderLog2: shape.wireLengthLog2, shift: shift)
            {
                fastCosets.append(fast)
            }
            return transform.cosetFactors(shift: shift)
        }
        self.transform = transform
        self.fastCosets = fastCosets
    }
}
