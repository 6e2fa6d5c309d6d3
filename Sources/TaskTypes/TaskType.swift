import DAP
import VDAF

/// What a report of a task holds and how it is verified: a VDAF with its parameters, in one value of one file.
///
/// Everything that differs from type to type is said here once, by the type itself (``SumVecType`` and its siblings in
/// `Types/`), and ``TaskTypeRegistry`` lists them. Whoever has a task's type asks it, through ``VDAFConfiguration``, and
/// nobody asks *which* type it is. How a new one is made is in `CONTRIBUTING.md`.
///
/// A type is opened once per task: ``makeVDAF(_:)`` hands the concrete VDAF to a generic function, so that what runs for
/// each report and each coordinate is compiled for that VDAF.
package protocol TaskType: Hashable, Sendable {
    // MARK: Names

    /// `VdafType`, the algorithm id without commitments.
    static var id: UInt32 { get }
    /// The number of the committed form: that of the VDAF, which the ids of the standard's types are.
    static var committedNumber: UInt32 { get }
    /// The name in commands and in YAML files.
    static var name: String { get }
    /// What a report holds, behind the name in the help of `cairn task create`.
    static var words: String { get }
    /// Further names under which a person may ask for the type.
    static var otherNames: [(name: String, words: String)] { get }

    // MARK: Parameters

    /// Reads the parameters in the order of `vdaf_configuration`, under the standard's names. Whether they make sense is
    /// ``checkBounds()``'s question.
    init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure)

    /// Writes them in the same order.
    func encode(into writer: inout ByteWriter)

    /// The options of `cairn task create` from which the type is made.
    static var options: [TypeOption] { get }

    /// The type that the options ask for; a chunk length that nobody gave is 0 and chosen afterwards.
    init(options: TypeOptions) throws(TypeOptionError)

    // MARK: Bounds

    /// Checks that the VDAF can be built, and within how much memory (``TypeLimits``).
    func checkBounds() throws(VDAFConfigurationError)

    /// The length of an encoded measurement, in field elements; of bounded-norm vectors without the few thousand bits
    /// about norm and tests.
    var encodedElements: Int { get }

    /// Number of coordinates of a report's output.
    var outputLength: Int { get }

    /// M: every coordinate of a valid report's output lies in [0, M], or in [-M, M] where `isSigned`.
    var coordinateBound: UInt64 { get }

    /// Whether coordinates may be negative.
    var isSigned: Bool { get }

    /// L1: the largest Σ_k |x_k - x'_k| between the outputs of two valid reports.
    var outputDistance: UInt128 { get }

    /// T: the absolute values of the coordinates of a valid report's output add up to at most T.
    var sumBound: UInt128 { get }

    /// What an integer of the output stands for: 2^-fractional_bits for vectors of real numbers, else 1.
    var unit: Double { get }

    /// The modulus of the field that the VDAF works in.
    var fieldModulus: UInt128 { get }

    /// Whether reports may hold numbers in the task's numeric encoding, which then fixes M.
    var takesNumericEncoding: Bool { get }

    /// What to do where the σ rule refuses the type; nil where it never does.
    var advisedWhereUnsafe: String? { get }

    // MARK: People

    /// The type in a sentence's words.
    var text: String { get }

    /// How many numbers a person writes for one report.
    var width: Int { get }

    /// Whether `yes` and `false` are such numbers.
    var takesTruthWords: Bool { get }

    /// One report.
    ///
    /// - Parameter texts: `width` of them; or one alone, which tells whether any report can hold it.
    func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue

    // MARK: The VDAF

    /// Builds the VDAF, and gives it to `TaskVDAFMaker.make`.
    func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF
}

extension TaskType {
    package static var committedNumber: UInt32 { id }
    package static var otherNames: [(name: String, words: String)] { [] }

    /// All names of the parameters, in the order of `vdaf_configuration`.
    package static var parameterNames: [String] {
        var names = ParameterNames()
        _ = Self(from: &names)
        return names.names
    }

    package var isSigned: Bool { false }
    // No overflow: at most 2^22 coordinates below 2^64 each.
    package var outputDistance: UInt128 { UInt128(outputLength) * UInt128(coordinateBound) }
    package var sumBound: UInt128 { UInt128(outputLength) * UInt128(coordinateBound) }
    package var unit: Double { 1 }
    package var takesNumericEncoding: Bool { false }
    package var advisedWhereUnsafe: String? { nil }
    package var width: Int { outputLength }
    package var takesTruthWords: Bool { false }
}

/// A type whose proof takes the measurement in chunks.
///
/// The vectors hold every coordinate bit by bit; the types that bound a sum hold that sum as well.
package protocol ChunkedTaskType: TaskType {
    /// Elements per gadget call.
    var chunkLength: UInt32 { get set }

    /// How ``TaskType/encodedElements`` comes about, in words and numbers.
    var elementsFormula: String { get }
}

extension ChunkedTaskType {
    // No overflow: at most 2^32 coordinates of 64 bits.
    package var encodedElements: Int { outputLength * TypeLimits.bits(coordinateBound) }

    package var elementsFormula: String {
        "length × bits = \(outputLength) × \(TypeLimits.bits(coordinateBound))"
    }

    /// A chunk longer than the whole measurement is refused as well: it would only add padding, and its memory is not
    /// limited by anything else.
    func checkChunks() throws(VDAFConfigurationError) {
        guard outputLength > 0 else { throw .outOfBounds("length must be at least 1") }
        let elements = encodedElements
        guard elements <= TypeLimits.elements else {
            throw .outOfBounds("\(elementsFormula) = \(elements) exceeds \(TypeLimits.elements) elements")
        }
        guard chunkLength > 0, Int(chunkLength) <= elements else {
            throw .outOfBounds("chunk_length \(chunkLength) must lie in 1...\(elements) (\(elementsFormula))")
        }
    }

    /// The same with the chunk length that makes the shortest proof.
    func withRecommendedChunkLength() -> Self {
        var changed = self
        changed.chunkLength = TypeLimits.recommendedChunkLength(
            elements: min(max(encodedElements, 1), TypeLimits.elements))
        return changed
    }
}
