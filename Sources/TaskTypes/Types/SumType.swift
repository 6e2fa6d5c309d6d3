import DAP
import VDAF

/// Prio3Sum (2): the sum of integers in [0, maxMeasurement]. `struct { uint64 max_measurement; }`
package struct SumType: TaskType {
    package static let id: UInt32 = 2
    package static let name = "sum"
    package static let words = "an integer"
    package static let otherNames = [
        (name: "average", words: "the same as sum; divide with `cairn collect --average`")
    ]
    package static let options: [TypeOption] = [.maxMeasurement]

    package let maxMeasurement: UInt64

    init(maxMeasurement: UInt64) { self.maxMeasurement = maxMeasurement }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        maxMeasurement = try source.uint64("max_measurement")
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        maxMeasurement = try options.required(.maxMeasurement)
    }

    package func encode(into writer: inout ByteWriter) { writer.write(maxMeasurement) }

    package func checkBounds() throws(VDAFConfigurationError) {
        try TypeLimits.checkMaximum(maxMeasurement, "max_measurement", isField64: true)
    }

    package var encodedElements: Int { TypeLimits.bits(maxMeasurement) }
    package var outputLength: Int { 1 }
    package var coordinateBound: UInt64 { maxMeasurement }
    package var fieldModulus: UInt128 { Field64.modulus }
    package var takesNumericEncoding: Bool { true }
    package var advisedWhereUnsafe: String? { "use a committed SumVec of length 1 instead" }

    package var text: String { "sum of integers from 0 to \(maxMeasurement)" }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        .integer(try reader.whole(texts[0], upTo: maxMeasurement))
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3Sum(maxMeasurement: maxMeasurement),
            measurement: { if case .integer(let value) = $0 { value } else { nil } }, result: { .integer($0) })
    }
}

extension VDAFConfiguration {
    /// Prio3Sum.
    public static func sum(maxMeasurement: UInt64) -> VDAFConfiguration {
        VDAFConfiguration(SumType(maxMeasurement: maxMeasurement))
    }
}
