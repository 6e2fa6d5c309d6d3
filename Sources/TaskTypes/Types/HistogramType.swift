import DAP
import VDAF

/// Prio3Histogram (4): how many measurements fall into each bucket. `struct { uint32 length; uint32 chunk_length; }`
package struct HistogramType: ChunkedTaskType {
    package static let id: UInt32 = 4
    package static let name = "histogram"
    package static let words = "one of --length buckets"
    package static let options: [TypeOption] = [.length, .chunkLength]

    package let length: UInt32
    package var chunkLength: UInt32

    init(length: UInt32, chunkLength: UInt32) {
        self.length = length
        self.chunkLength = chunkLength
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        length = try source.uint32("length")
        chunkLength = try source.uint32("chunk_length")
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        length = try options.required(.length)
        chunkLength = options.number(.chunkLength) ?? 0
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(length)
        writer.write(chunkLength)
    }

    package func checkBounds() throws(VDAFConfigurationError) { try checkChunks() }

    package var outputLength: Int { Int(length) }
    package var coordinateBound: UInt64 { 1 }
    package var sumBound: UInt128 { 1 }
    package var fieldModulus: UInt128 { Field128.modulus }

    package var text: String { "histogram of \(length) buckets (chunk length \(chunkLength))" }
    /// One bucket, whose number stands for all of them.
    package var width: Int { 1 }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        .bucket(Int(try reader.whole(texts[0], upTo: UInt64(length) - 1)))
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3Histogram(length: Int(length), chunkLength: Int(chunkLength)),
            measurement: { if case .bucket(let index) = $0 { index } else { nil } }, result: { .vector($0) })
    }
}

extension VDAFConfiguration {
    /// Prio3Histogram.
    public static func histogram(length: UInt32, chunkLength: UInt32) -> VDAFConfiguration {
        VDAFConfiguration(HistogramType(length: length, chunkLength: chunkLength))
    }
}
