import DAP
import VDAF

/// Prio3L1BoundSum (7): the sum of vectors whose coordinates add up to at most maxValue. `struct { uint32 length; uint64
/// max_value; uint32 chunk_length; }`
package struct L1BoundSumType: ChunkedTaskType {
    package static let id: UInt32 = 7
    package static let name = "l1boundsum"
    package static let words = "--length integers that add up to at most --max-value"
    package static let options: [TypeOption] = [.maxValue, .length, .chunkLength]

    package let length: UInt32
    package let maxValue: UInt64
    package var chunkLength: UInt32

    init(length: UInt32, maxValue: UInt64, chunkLength: UInt32) {
        self.length = length
        self.maxValue = maxValue
        self.chunkLength = chunkLength
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        length = try source.uint32("length")
        maxValue = try source.uint64("max_value")
        chunkLength = try source.uint32("chunk_length")
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        length = try options.required(.length)
        maxValue = try options.required(.maxValue)
        chunkLength = options.number(.chunkLength) ?? 0
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(length)
        writer.write(maxValue)
        writer.write(chunkLength)
    }

    package func checkBounds() throws(VDAFConfigurationError) {
        try TypeLimits.checkMaximum(maxValue, "max_value", isField64: false)
        try checkChunks()
    }

    package var encodedElements: Int { (outputLength + 1) * TypeLimits.bits(maxValue) }
    package var elementsFormula: String {
        "(length + 1) × bits = \(outputLength + 1) × \(TypeLimits.bits(maxValue))"
    }
    package var outputLength: Int { Int(length) }
    package var coordinateBound: UInt64 { maxValue }
    package var sumBound: UInt128 { UInt128(maxValue) }
    package var fieldModulus: UInt128 { Field128.modulus }

    package var text: String {
        "sum of vectors of \(length) integers that add up to at most \(maxValue) (chunk length \(chunkLength))"
    }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        let values = try reader.wholes(texts, upTo: maxValue)
        let sum = values.reduce(UInt128(0)) { $0 + UInt128($1) }
        guard sum <= UInt128(maxValue) else {
            throw MeasurementFault("the numbers add up to \(sum)", advice: "The task takes up to \(maxValue).")
        }
        return .vector(values)
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3L1BoundSum(length: Int(length), maxValue: maxValue, chunkLength: Int(chunkLength)),
            measurement: { if case .vector(let values) = $0 { values } else { nil } }, result: { .vector($0) })
    }
}

extension TypeOption {
    package static let maxValue = TypeOption("--max-value")
}

extension VDAFConfiguration {
    /// Prio3L1BoundSum.
    public static func l1BoundSum(length: UInt32, maxValue: UInt64, chunkLength: UInt32) -> VDAFConfiguration {
        VDAFConfiguration(L1BoundSumType(length: length, maxValue: maxValue, chunkLength: chunkLength))
    }
}
