import DAP
import VDAF

/// Prio3MultihotCountVec (5): how many measurements choose each option, at most maxWeight of them at a time.
/// `struct { uint32 length; uint32 chunk_length; uint64 max_weight; }`
package struct MultihotCountVecType: ChunkedTaskType {
    package static let id: UInt32 = 5
    package static let name = "multihot"
    package static let words = "up to --max-weight of --length options"
    package static let options: [TypeOption] = [.maxWeight, .length, .chunkLength]

    package let length: UInt32
    package let maxWeight: UInt64
    package var chunkLength: UInt32

    init(length: UInt32, maxWeight: UInt64, chunkLength: UInt32) {
        self.length = length
        self.maxWeight = maxWeight
        self.chunkLength = chunkLength
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        length = try source.uint32("length")
        chunkLength = try source.uint32("chunk_length")
        maxWeight = try source.uint64("max_weight")
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        length = try options.required(.length)
        maxWeight = try options.required(.maxWeight)
        chunkLength = options.number(.chunkLength) ?? 0
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(length)
        writer.write(chunkLength)
        writer.write(maxWeight)
    }

    package func checkBounds() throws(VDAFConfigurationError) {
        guard (1...UInt64(max(length, 1))).contains(maxWeight) else {
            throw .outOfBounds("max_weight \(maxWeight) must lie in 1...\(length) (length)")
        }
        try checkChunks()
    }

    package var encodedElements: Int { outputLength + TypeLimits.bits(maxWeight) }
    package var elementsFormula: String {
        "length + bits of max_weight = \(outputLength) + \(TypeLimits.bits(maxWeight))"
    }
    package var outputLength: Int { Int(length) }
    package var coordinateBound: UInt64 { 1 }
    package var sumBound: UInt128 { UInt128(maxWeight) }
    package var fieldModulus: UInt128 { Field128.modulus }

    package var text: String {
        "choice of up to \(maxWeight) of \(length) options (chunk length \(chunkLength))"
    }
    package var takesTruthWords: Bool { true }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        let choices = try texts.map { text throws(MeasurementFault) in try reader.truth(text) }
        let weight = UInt64(choices.count { $0 })
        guard weight <= maxWeight else {
            throw MeasurementFault("\(weight) options are chosen", advice: "The task takes up to \(maxWeight).")
        }
        return .choices(choices)
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3MultihotCountVec(length: Int(length), maxWeight: Int(maxWeight), chunkLength: Int(chunkLength)),
            measurement: { if case .choices(let values) = $0 { values } else { nil } }, result: { .vector($0) })
    }
}

extension TypeOption {
    package static let maxWeight = TypeOption("--max-weight")
}

extension VDAFConfiguration {
    /// Prio3MultihotCountVec.
    public static func multihotCountVec(length: UInt32, maxWeight: UInt64, chunkLength: UInt32) -> VDAFConfiguration {
        VDAFConfiguration(MultihotCountVecType(length: length, maxWeight: maxWeight, chunkLength: chunkLength))
    }
}
