import DAP
import VDAF

/// Prio3SumVec (3): the sum of vectors. `struct { uint32 length; uint64 max_measurement; uint32 chunk_length; }`
package struct SumVecType: ChunkedTaskType {
    package static let id: UInt32 = 3
    package static let name = "sumvec"
    package static let words = "--length integers"
    package static let options: [TypeOption] = [.length, .maxMeasurement, .chunkLength]

    package let length: UInt32
    package let maxMeasurement: UInt64
    package var chunkLength: UInt32

    init(length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32) {
        self.length = length
        self.maxMeasurement = maxMeasurement
        self.chunkLength = chunkLength
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        length = try source.uint32("length")
        maxMeasurement = try source.uint64("max_measurement")
        chunkLength = try source.uint32("chunk_length")
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        length = try options.required(.length)
        maxMeasurement = try options.required(.maxMeasurement)
        chunkLength = options.number(.chunkLength) ?? 0
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(length)
        writer.write(maxMeasurement)
        writer.write(chunkLength)
    }

    package func checkBounds() throws(VDAFConfigurationError) {
        try TypeLimits.checkMaximum(maxMeasurement, "max_measurement", isField64: false)
        try checkChunks()
    }

    package var outputLength: Int { Int(length) }
    package var coordinateBound: UInt64 { maxMeasurement }
    package var fieldModulus: UInt128 { Field128.modulus }
    package var takesNumericEncoding: Bool { true }

    package var text: String {
        "sum of vectors of \(length) integers from 0 to \(maxMeasurement) (chunk length \(chunkLength))"
    }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        .vector(try reader.wholes(texts, upTo: maxMeasurement))
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3SumVec(length: Int(length), maxMeasurement: maxMeasurement, chunkLength: Int(chunkLength)),
            measurement: { if case .vector(let values) = $0 { values } else { nil } }, result: { .vector($0) })
    }
}

extension VDAFConfiguration {
    /// Prio3SumVec.
    public static func sumVec(length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32) -> VDAFConfiguration {
        VDAFConfiguration(SumVecType(length: length, maxMeasurement: maxMeasurement, chunkLength: chunkLength))
    }
}
