/// Memory for queries, which a group of reports uses one after the other: a small report's verification would otherwise
/// spend most of its time on getting memory and giving it back.
///
/// It belongs to one thread.
final class QueryWorkspace<Field: NTTFieldElement> {
    /// A gadget in the course of a query, one per plan.
    let gadgets: UnsafeMutablePointer<GadgetState<Field>>
    /// The circuit's outputs.
    let outputs: UnsafeMutablePointer<Field>

    private let inputs: UnsafeMutablePointer<Field>
    private let sums: UnsafeMutablePointer<Field.ProductSum>
    private let weights: UnsafeMutablePointer<Field.Factor>

    init(plans: [GadgetPlan<Field>], outputLength: Int) {
        var (arity, weightCount) = (0, 0)
        for plan in plans {
            arity += plan.shape.arity
            weightCount += plan.shape.wireLength + plan.shape.polynomialLength
        }
        gadgets = .allocate(capacity: plans.count)
        outputs = .allocate(capacity: outputLength)
        inputs = .allocate(capacity: arity)
        sums = .allocate(capacity: arity)
        weights = .allocate(capacity: weightCount)
        outputs.initialize(repeating: .zero, count: outputLength)
        inputs.initialize(repeating: .zero, count: arity)

        var (input, sum, weight) = (inputs, sums, weights)
        for (index, plan) in plans.enumerated() {
            let shape = plan.shape
            (gadgets + index).initialize(
                to: GadgetState(
                    arity: shape.arity, step: shape.step, polynomialLength: shape.polynomialLength, inputs: input,
                    sums: sum, wireWeights: weight, polynomialWeights: weight + shape.wireLength,
                    polynomial: UnsafePointer(inputs)))
            input += shape.arity
            sum += shape.arity
            weight += shape.wireLength + shape.polynomialLength
        }
    }

    deinit {
        gadgets.deallocate()
        outputs.deallocate()
        inputs.deallocate()
        sums.deallocate()
        weights.deallocate()
    }
}

/// One gadget in the course of a query. All memory belongs to the workspace, except `polynomial`.
struct GadgetState<Field: NTTFieldElement> {
    let arity: Int
    let step: Int
    let polynomialLength: Int
    /// Where the inputs of the next call go.
    let inputs: UnsafeMutablePointer<Field>
    /// For every wire the sum that becomes the wire polynomial's value at the test point.
    let sums: UnsafeMutablePointer<Field.ProductSum>
    /// Lagrange weights of the wire polynomials' nodes at the test point.
    let wireWeights: UnsafeMutablePointer<Field.Factor>
    /// Lagrange weights of the gadget polynomial's nodes at the test point.
    let polynomialWeights: UnsafeMutablePointer<Field.Factor>
    /// The shares of the gadget polynomial's values, in the proof share.
    var polynomial: UnsafePointer<Field>
    /// Calls so far.
    var calls = 0
    /// What is to be subtracted from the second input wire of every bit check in the end: Σ weight·shareOfOne.
    var constant = Field.zero
}
