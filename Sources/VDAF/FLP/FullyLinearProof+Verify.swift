extension FullyLinearProof {
    /// One aggregator's verifier share (VDAF-20 section 7.3.4).
    ///
    /// - Parameters:
    ///   - encoded: This aggregator's share of an encoded measurement, `measurementLength` elements.
    ///   - proof: Its share of the proof, `proofLength` elements.
    ///   - queryRandomness: `queryRandomnessLength` elements, the same for all aggregators, unknown to the prover.
    ///   - jointRandomness: `jointRandomnessLength` elements.
    ///   - shareOfOne: 1/s for s aggregators.
    /// - Returns: `verifierLength` elements.
    /// - Throws: `.testPointIsRootOfUnity`.
    func query(
        encoded: [Field], proof: ArraySlice<Field>, queryRandomness: ArraySlice<Field>,
        jointRandomness: ArraySlice<Field>, shareOfOne: Field
    ) throws(VDAFError) -> [Field] {
        precondition(
            encoded.count == circuit.measurementLength && proof.count == proofLength
                && queryRandomness.count == queryRandomnessLength
                && jointRandomness.count == circuit.jointRandomnessLength)

        let testPoints = queryRandomness.suffix(plans.count)
        for (plan, t) in zip(plans, testPoints) {
            guard t.raised(to: UInt128(plan.shape.wireLength)) != .one else {
                throw .testPointIsRootOfUnity
            }
        }

        let arity = plans.reduce(0) { $0 + $1.shape.arity }
        let inputs = UnsafeMutablePointer<Field>.allocate(capacity: arity)
        let sums = UnsafeMutablePointer<Field.ProductSum>.allocate(capacity: arity)
        defer {
            inputs.deallocate()
            sums.deallocate()
        }
        inputs.initialize(repeating: .zero, count: arity)
        sums.initialize(repeating: Field.ProductSum(), count: arity)

        var checker = WireEvaluator<Field>(
            plans: plans, proof: proof, testPoints: testPoints, inputs: inputs, sums: sums)
        let outputs = encoded.withUnsafeBufferPointer { encoded in
            jointRandomness.withUnsafeBufferPointer { jointRandomness in
                circuit.evaluate(
                    encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &checker)
            }
        }

        var verifier = [Field]()
        verifier.reserveCapacity(verifierLength)
        verifier.append(combine(outputs, with: queryRandomness))
        checker.appendChecks(to: &verifier)
        return verifier
    }

    /// Whether the sum of all aggregators' verifier shares belongs to a valid measurement and an honest proof
    /// (VDAF-20 section 7.3.5).
    func decide(_ verifier: ArraySlice<Field>) -> Bool {
        precondition(verifier.count == verifierLength)
        return verifier.withUnsafeBufferPointer { verifier in
            guard var inputs = verifier.baseAddress, inputs[0] == .zero else { return false }
            inputs += 1
            for (index, plan) in plans.enumerated() {
                guard circuit.evaluateGadget(index, inputs) == inputs[plan.shape.arity] else { return false }
                inputs += plan.shape.verifierLength
            }
            return true
        }
    }

    /// A random linear combination of the circuit's outputs; zero for an invalid measurement only by bad luck.
    private func combine(_ outputs: [Field], with queryRandomness: ArraySlice<Field>) -> Field {
        guard outputs.count > 1 else { return outputs[0] }
        var sum = Field.ProductSum()
        for (output, coefficient) in zip(outputs, queryRandomness) {
            sum.add(output, times: coefficient)
        }
        return sum.reduced()
    }
}

/// The verifier's gadgets: inputs are not kept, but multiplied by their call's Lagrange weight and added to a sum per
/// wire, so that in the end each sum is the wire polynomial's value at the test point. Outputs come from the proof.
private struct WireEvaluator<Field: NTTFieldElement>: GadgetCaller {
    private var gadgets: [GadgetState]

    private struct GadgetState {
        let plan: GadgetPlan<Field>
        /// The shares of the gadget polynomial's values.
        let polynomial: ArraySlice<Field>
        /// Lagrange weights of the gadget polynomial's nodes at the test point.
        let polynomialWeights: [Field.Factor]
        /// Lagrange weights of the wire polynomials' nodes at the test point.
        let wireWeights: [Field.Factor]
        let inputs: UnsafeMutablePointer<Field>
        let sums: UnsafeMutablePointer<Field.ProductSum>
        let arity: Int
        let step: Int
        /// Calls so far.
        var calls = 0
        /// What is to be subtracted from the second input wire of every bit check in the end: Σ weight·shareOfOne.
        var constant = Field.zero

        /// The share of the output of the current call.
        @inline(__always)
        func output() -> Field {
            let position = calls &* step
            return position < polynomial.count
                ? polynomial[polynomial.startIndex &+ position] : interpolate(at: position)
        }

        /// For gadgets of degree 3 and more: a value that the proof does not carry.
        private func interpolate(at position: Int) -> Field {
            let root = Field.rootOfUnity(orderLog2: plan.shape.polynomialOrderLog2)
            let weights = plan.polynomialBasis.weights(at: root.raised(to: UInt128(position)))
            return innerProduct(weights, polynomial)
        }
    }

    init(
        plans: [GadgetPlan<Field>], proof: ArraySlice<Field>, testPoints: ArraySlice<Field>,
        inputs: UnsafeMutablePointer<Field>, sums: UnsafeMutablePointer<Field.ProductSum>
    ) {
        gadgets = []
        var (proof, inputs, sums) = (proof, inputs, sums)
        for (plan, t) in zip(plans, testPoints) {
            let arity = plan.shape.arity
            let state = GadgetState(
                plan: plan, polynomial: proof.dropFirst(arity).prefix(plan.shape.polynomialLength),
                polynomialWeights: plan.polynomialBasis.weights(at: t), wireWeights: plan.wireBasis.weights(at: t),
                inputs: inputs, sums: sums, arity: arity, step: plan.shape.step)
            for (column, seed) in proof.prefix(arity).enumerated() {
                sums[column].add(seed, times: state.wireWeights[0])
            }
            gadgets.append(state)
            proof = proof.dropFirst(plan.shape.proofLength)
            inputs += arity
            sums += arity
        }
    }

    @inline(__always)
    mutating func inputs(of index: Int) -> UnsafeMutablePointer<Field> {
        gadgets[index].inputs
    }

    @inline(__always)
    mutating func call(_ index: Int) -> Field {
        gadgets[index].calls &+= 1
        let weight = gadgets[index].wireWeights[gadgets[index].calls]
        let (inputs, sums) = (gadgets[index].inputs, gadgets[index].sums)
        for wire in 0..<gadgets[index].arity {
            sums[wire].add(inputs[wire], times: weight)
        }
        return gadgets[index].output()
    }

    @inline(__always)
    mutating func callBitChecks(
        _ index: Int, elements: UnsafeBufferPointer<Field>, randomness r: Field, shareOfOne: Field
    ) -> Field {
        gadgets[index].calls &+= 1
        let weight = gadgets[index].wireWeights[gadgets[index].calls]
        gadgets[index].constant += shareOfOne * weight
        accumulateBitChecks(elements, weight: weight, randomness: Field.Factor(r), into: gadgets[index].sums)
        return gadgets[index].output()
    }

    /// Appends for every gadget the values of its wire polynomials and of its own polynomial at the test point.
    func appendChecks(to verifier: inout [Field]) {
        for gadget in gadgets {
            for wire in 0..<gadget.plan.shape.arity {
                let value = gadget.sums[wire].weighted()
                verifier.append(wire % 2 == 1 ? value - gadget.constant : value)
            }
            verifier.append(innerProduct(gadget.polynomialWeights, gadget.polynomial))
        }
    }
}

/// Adds weight·r^(j+1)·x_j to sum 2j and weight·x_j to sum 2j + 1, the verifier's inner loop.
///
/// The powers of r are the only products that need a reduction; four of them advance independently by r^4, or every
/// multiplication would wait for the one before.
@inline(__always)
private func accumulateBitChecks<Field: NTTFieldElement>(
    _ elements: UnsafeBufferPointer<Field>, weight: Field.Factor, randomness r: Field.Factor,
    into sums: UnsafeMutablePointer<Field.ProductSum>
) {
    let r2 = r * r
    let r4 = r2 * r2
    var p0 = weight * r
    var p1 = weight * r2
    var p2 = p1 * r
    var p3 = weight * r4
    var index = 0
    while index &+ 4 <= elements.count {
        let target = sums + 2 &* index
        let (x0, x1, x2, x3) = (elements[index], elements[index &+ 1], elements[index &+ 2], elements[index &+ 3])
        target[0].add(x0, times: p0)
        target[1].add(x0, times: weight)
        target[2].add(x1, times: p1)
        target[3].add(x1, times: weight)
        target[4].add(x2, times: p2)
        target[5].add(x2, times: weight)
        target[6].add(x3, times: p3)
        target[7].add(x3, times: weight)
        p0 = p0 * r4
        p1 = p1 * r4
        p2 = p2 * r4
        p3 = p3 * r4
        index &+= 4
    }
    while index < elements.count {
        sums[2 &* index].add(elements[index], times: p0)
        sums[2 &* index &+ 1].add(elements[index], times: weight)
        p0 = p0 * r
        index &+= 1
    }
}

/// Σ a_i·b_i.
@inline(__always)
private func innerProduct<Field: NTTFieldElement>(_ a: [Field.Factor], _ b: ArraySlice<Field>) -> Field {
    a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            var sum = Field.ProductSum()
            for index in 0..<a.count {
                sum.add(b[index], times: a[index])
            }
            return sum.weighted()
        }
    }
}
