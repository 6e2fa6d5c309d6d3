extension FullyLinearProof {
    /// One aggregator's verifier share (VDAF-20 section 7.3.4).
    ///
    /// - Parameters:
    ///   - encoded: This aggregator's share of an encoded measurement, `measurementLength` elements.
    ///   - proof: Its share of the proof, `proofLength` elements.
    ///   - queryRandomness: `queryRandomnessLength` elements, the same for all aggregators, unknown to the prover.
    ///   - jointRandomness: `jointRandomnessLength` elements.
    ///   - shareOfOne: 1/s for s aggregators.
    ///   - verifier: Room for `verifierLength` elements.
    ///   - workspace: Memory that queries for this proof system use one after the other.
    /// - Throws: `.testPointIsRootOfUnity`.
    @inline(__always)
    func query(
        encoded: UnsafeBufferPointer<Field>, proof: UnsafeBufferPointer<Field>,
        queryRandomness: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        into verifier: UnsafeMutablePointer<Field>, workspace: QueryWorkspace<Field>
    ) throws(VDAFError) {
        assert(
            encoded.count == circuit.measurementLength && proof.count == proofLength
                && queryRandomness.count == queryRandomnessLength
                && jointRandomness.count == circuit.jointRandomnessLength)
        let testPoints = UnsafeBufferPointer(rebasing: queryRandomness.suffix(plans.count))
        for index in 0..<plans.count {
            var power = testPoints[index]
            for _ in 0..<plans[index].shape.wireLengthLog2 {
                power *= power
            }
            guard power != .one else { throw .testPointIsRootOfUnity }
        }

        var evaluator = WireEvaluator<Field>(
            plans: plans, proof: proof, testPoints: testPoints, workspace: workspace)
        circuit.evaluate(
            encoded, jointRandomness: jointRandomness, shareOfOne: shareOfOne, caller: &evaluator,
            into: workspace.outputs)
        verifier[0] = combine(UnsafePointer(workspace.outputs), with: queryRandomness)
        evaluator.writeChecks(to: verifier + 1)
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
    @inline(__always)
    private func combine(
        _ outputs: UnsafePointer<Field>, with queryRandomness: UnsafeBufferPointer<Field>
    ) -> Field {
        let count = circuit.evaluationOutputLength
        guard count > 1 else { return outputs[0] }
        var sum = Field.ProductSum()
        for index in 0..<count {
            sum.add(outputs[index], times: queryRandomness[index])
        }
        return sum.reduced()
    }
}

/// The verifier's gadgets: inputs are not kept, but multiplied by their call's Lagrange weight and added to a sum per
/// wire, so that in the end each sum is the wire polynomial's value at the test point. Outputs come from the proof.
private struct WireEvaluator<Field: NTTFieldElement>: GadgetCaller {
    private let plans: [GadgetPlan<Field>]
    private let gadgets: UnsafeMutablePointer<GadgetState<Field>>

    @inline(__always)
    init(
        plans: [GadgetPlan<Field>], proof: UnsafeBufferPointer<Field>, testPoints: UnsafeBufferPointer<Field>,
        workspace: QueryWorkspace<Field>
    ) {
        self.plans = plans
        gadgets = workspace.gadgets
        guard var part = proof.baseAddress else { return }
        for index in 0..<plans.count {
            let plan = plans[index]
            let t = Field.Factor(testPoints[index])
            gadgets[index].polynomial = part + gadgets[index].arity
            gadgets[index].calls = 0
            gadgets[index].constant = .zero
            plan.polynomialBasis.writeWeights(at: t, to: gadgets[index].polynomialWeights)
            plan.wireBasis.writeWeights(at: t, to: gadgets[index].wireWeights)
            let (sums, weight) = (gadgets[index].sums, gadgets[index].wireWeights[0])
            for wire in 0..<gadgets[index].arity {
                sums[wire] = Field.ProductSum()
                sums[wire].add(part[wire], times: weight)
            }
            part += plan.shape.proofLength
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
        return output(index)
    }

    @inline(__always)
    mutating func call(_ index: Int, on elements: UnsafeBufferPointer<Field>) -> Field {
        gadgets[index].calls &+= 1
        let weight = gadgets[index].wireWeights[gadgets[index].calls]
        let sums = gadgets[index].sums
        for wire in 0..<elements.count {
            sums[wire].add(elements[wire], times: weight)
        }
        return output(index)
    }

    @inline(__always)
    mutating func callBitChecks(
        _ index: Int, elements: UnsafeBufferPointer<Field>, randomness r: Field, shareOfOne: Field
    ) -> Field {
        gadgets[index].calls &+= 1
        let weight = gadgets[index].wireWeights[gadgets[index].calls]
        gadgets[index].constant += shareOfOne * weight
        accumulateBitChecks(elements, weight: weight, randomness: Field.Factor(r), into: gadgets[index].sums)
        return output(index)
    }

    /// The share of the output of the current call.
    @inline(__always)
    private func output(_ index: Int) -> Field {
        let position = gadgets[index].calls &* gadgets[index].step
        return position < gadgets[index].polynomialLength
            ? gadgets[index].polynomial[position] : interpolate(index, at: position)
    }

    /// For gadgets of degree 3 and more: a value that the proof does not carry.
    @inline(never)
    private func interpolate(_ index: Int, at position: Int) -> Field {
        let shape = plans[index].shape
        let root = Field.rootOfUnity(orderLog2: shape.polynomialOrderLog2)
        let weights = plans[index].polynomialBasis.weights(at: root.raised(to: UInt128(position)))
        return weights.withUnsafeBufferPointer {
            innerProduct($0.baseAddress, gadgets[index].polynomial, count: shape.polynomialLength)
        }
    }

    /// Writes for every gadget the values of its wire polynomials and of its own polynomial at the test point.
    @inline(__always)
    func writeChecks(to verifier: UnsafeMutablePointer<Field>) {
        var verifier = verifier
        for index in 0..<plans.count {
            let (arity, constant) = (gadgets[index].arity, gadgets[index].constant)
            for wire in 0..<arity {
                let value = gadgets[index].sums[wire].weighted()
                verifier[wire] = wire & 1 == 1 ? value - constant : value
            }
            verifier[arity] = innerProduct(
                UnsafePointer(gadgets[index].polynomialWeights), gadgets[index].polynomial,
                count: gadgets[index].polynomialLength)
            verifier += arity + 1
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
private func innerProduct<Field: NTTFieldElement>(
    _ a: UnsafePointer<Field.Factor>?, _ b: UnsafePointer<Field>, count: Int
) -> Field {
    guard let a else { return .zero }
    var sum = Field.ProductSum()
    for index in 0..<count {
        sum.add(b[index], times: a[index])
    }
    return sum.weighted()
}
