/// True or false, counted: x is valid if x² = x (VDAF-20 section 7.4.1).
public struct CountCircuit: ValidityCircuit {
    public typealias Field = Field64

    public let measurementLength = 1
    public let jointRandomnessLength = 0
    public let outputLength = 1
    public let evaluationOutputLength = 1
    public let coordinateBound: UInt128 = 1
    public let gadgets: [GadgetShape]
    private let gadget = Mul<Field64>()

    /// The circuit, which has no parameters.
    public init() throws(VDAFError) {
        gadgets = [try GadgetShape(arity: gadget.arity, degree: gadget.degree, calls: 1)]
    }

    public func encode(_ measurement: Bool) throws(VDAFError) -> [Field64] {
        [Field64(UInt64(bit: measurement))]
    }

    public func truncate(_ encoded: UnsafeBufferPointer<Field64>) -> [Field64] {
        [encoded[0]]
    }

    public func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> UInt128 {
        sums[0]
    }

    public func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field64>) -> Field64 {
        gadget.evaluate(inputs)
    }

    public func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field64>, jointRandomness: UnsafeBufferPointer<Field64>, shareOfOne: Field64,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field64>
    ) where Caller.Field == Field64 {
        let inputs = caller.inputs(of: 0)
        inputs[0] = encoded[0]
        inputs[1] = encoded[0]
        outputs[0] = caller.call(0) - encoded[0]
    }
}
