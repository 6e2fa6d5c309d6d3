import DAP
import VDAF

/// Prio3Count (1): how many measurements are true. No parameters.
package struct CountType: TaskType {
    package static let id: UInt32 = 1
    package static let name = "count"
    package static let words = "true or false"
    package static let options: [TypeOption] = []

    init() {}

    package init<Source: ParameterSource>(from source: inout Source) {}
    package init(options: TypeOptions) {}
    package func encode(into writer: inout ByteWriter) {}

    package func checkBounds() {}
    package var encodedElements: Int { 1 }
    package var outputLength: Int { 1 }
    package var coordinateBound: UInt64 { 1 }
    package var fieldModulus: UInt128 { Field64.modulus }

    package var text: String { "count" }
    package var takesTruthWords: Bool { true }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        .bool(try reader.truth(texts[0]))
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3Count(), measurement: { if case .bool(let value) = $0 { value } else { nil } },
            result: { .integer(UInt128($0)) })
    }
}

extension VDAFConfiguration {
    /// Prio3Count.
    public static let count = VDAFConfiguration(CountType())
}
