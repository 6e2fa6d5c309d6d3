/// An arithmetic circuit that says whether a vector of field elements is valid: what a fully linear proof is about.
///
/// The outputs are all zero on a valid vector, and with overwhelming probability over the joint randomness not all zero
/// on any other. The circuit is affine except for its gadgets, so aggregators can evaluate it on secret shares, taking
/// gadget outputs from the proof.
public protocol ArithmeticCircuit: Sendable {
    /// What wires carry.
    associatedtype Field: NTTFieldElement

    /// Elements of an encoded measurement (`MEAS_LEN`).
    var measurementLength: Int { get }
    /// Elements of joint randomness (`JOINT_RAND_LEN`).
    var jointRandomnessLength: Int { get }
    /// Number of circuit outputs (`EVAL_OUTPUT_LEN`).
    var evaluationOutputLength: Int { get }
    /// The gadgets, in the order in which proofs list them.
    var gadgets: [GadgetShape] { get }

    /// The output of gadget `index` on its inputs.
    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field>) -> Field

    /// Evaluates the circuit on a measurement (`shareOfOne` = 1) or on one of `s` shares of it (`shareOfOne` = 1/s,
    /// which takes the place of the constant 1). Gadgets are called through `caller`, each exactly as often as its
    /// shape says. Writes `evaluationOutputLength` elements to `outputs`.
    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field>
    ) where Caller.Field == Field
}

/// A set of valid measurements, given by an arithmetic circuit, with an encoding of measurements as field elements
/// that can be added up (VDAF-20 section 7.3.2).
///
/// A new measurement type is one new conformance.
public protocol ValidityCircuit: ArithmeticCircuit {
    /// What a client measures.
    associatedtype Measurement: Sendable
    /// What a collector gets of many.
    associatedtype AggregateResult: Sendable

    /// Elements of an output share (`OUTPUT_LEN`).
    var outputLength: Int { get }
    /// Every element of a valid measurement's output is in [0, `coordinateBound`].
    var coordinateBound: UInt128 { get }

    /// Encodes a measurement, in time independent of its value.
    ///
    /// - Throws: `.invalidMeasurement` if the measurement is not valid.
    func encode(_ measurement: Measurement) throws(VDAFError) -> [Field]

    /// The part of an encoded measurement that is aggregated. Linear, so that it works on shares.
    func truncate(_ encoded: UnsafeBufferPointer<Field>) -> [Field]

    /// The aggregate result from the sums of `measurementCount` outputs.
    func decode(_ sums: [UInt128], measurementCount: Int) throws(VDAFError) -> AggregateResult
}

/// What stands in for the gadgets while a circuit is evaluated: the prover's records every input, the verifier's
/// checks inputs against the proof and takes outputs from it.
public protocol GadgetCaller {
    /// The circuit's.
    associatedtype Field: NTTFieldElement

    /// Where the inputs of the next call of gadget `index` go; all `arity` of them must be written before `call`.
    mutating func inputs(of index: Int) -> UnsafeMutablePointer<Field>

    /// The output of gadget `index` on the inputs written before.
    mutating func call(_ index: Int) -> Field

    /// One call of gadget `index` on `elements`, followed by zeros up to its arity.
    ///
    /// It could be written with the other two methods; it exists because the verifier need not copy the elements.
    mutating func call(_ index: Int, on elements: UnsafeBufferPointer<Field>) -> Field

    /// One call of gadget `index`, which must be a `ParallelSum` of `Mul`, with the inputs that test whether elements
    /// x_0, x_1, … are bits: r^(j+1)·x_j and x_j - `shareOfOne` for all j, where missing elements count as 0.
    ///
    /// It could be written with the other two methods; it exists because the verifier can do it in one pass.
    mutating func callBitChecks(
        _ index: Int, elements: UnsafeBufferPointer<Field>, randomness r: Field, shareOfOne: Field
    ) -> Field
}
