import DAP
import VDAF

/// Prio3SumVecField64MultiproofHmacSha256Aes128 (0xFFFF1003): the sum of vectors over the small field, with several
/// proofs. `struct { uint32 length; uint64 max_measurement; uint32 chunk_length; uint8 proofs; }`
package struct SumVecField64Type: ChunkedTaskType {
    package static let id: UInt32 = 0xFFFF_1003
    package static let committedNumber: UInt32 = 0x100
    package static let name = "sumvec64hmac"
    package static let words =
        "as sumvec, in a 64-bit field with several proofs: a private type (0xFFFF1003) of deployed systems"
    package static let options: [TypeOption] = [.maxMeasurement, .length, .chunkLength, .proofs]

    package let length: UInt32
    package let maxMeasurement: UInt64
    package var chunkLength: UInt32
    package let proofs: UInt8

    init(length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32, proofs: UInt8) {
        self.length = length
        self.maxMeasurement = maxMeasurement
        self.chunkLength = chunkLength
        self.proofs = proofs
    }

    package init<Source: ParameterSource>(from source: inout Source) throws(Source.Failure) {
        length = try source.uint32("length")
        maxMeasurement = try source.uint64("max_measurement")
        chunkLength = try source.uint32("chunk_length")
        proofs = try source.uint8("proofs", atLeast: 1)
    }

    package init(options: TypeOptions) throws(TypeOptionError) {
        length = try options.required(.length)
        maxMeasurement = try options.required(.maxMeasurement)
        chunkLength = options.number(.chunkLength) ?? 0
        proofs = options.number(.proofs) ?? 3
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(length)
        writer.write(maxMeasurement)
        writer.write(chunkLength)
        writer.write(proofs)
    }

    package func checkBounds() throws(VDAFConfigurationError) {
        try TypeLimits.checkMaximum(maxMeasurement, "max_measurement", isField64: true)
        try checkChunks()
        guard proofs >= 3 else {
            throw .outOfBounds("proofs \(proofs): over Field64 it takes at least 3 to be sound")
        }
        let (length, chunk) = (encodedElements, Int(chunkLength))
        let elements = GadgetShape.proofLength(arity: 2 * chunk, degree: 2, calls: (length + chunk - 1) / chunk)
        guard elements * Int(proofs) <= TypeLimits.proofElements else {
            throw .outOfBounds(
                "proofs × elements of a proof = \(proofs) × \(elements) = \(elements * Int(proofs)) exceeds "
                    + "\(TypeLimits.proofElements) elements")
        }
    }

    package var outputLength: Int { Int(length) }
    package var coordinateBound: UInt64 { maxMeasurement }
    package var fieldModulus: UInt128 { Field64.modulus }
    package var takesNumericEncoding: Bool { true }
    package var advisedWhereUnsafe: String? { "use a committed SumVec instead, which works in Field128" }

    package var text: String {
        "sum of vectors of \(length) integers from 0 to \(maxMeasurement), in a 64-bit field with \(proofs) proofs "
            + "(chunk length \(chunkLength))"
    }

    package func measurement(
        _ texts: [String], _ reader: some NumberReader
    ) throws(MeasurementFault) -> MeasurementValue {
        .vector(try reader.wholes(texts, upTo: maxMeasurement))
    }

    package func makeVDAF(_ maker: TaskVDAFMaker) throws(VDAFError) -> any TaskVDAF {
        try maker.make(
            Prio3SumVecField64MultiproofHmacSha256Aes128(
                length: Int(length), maxMeasurement: maxMeasurement, chunkLength: Int(chunkLength),
                proofs: Int(proofs)),
            measurement: { if case .vector(let values) = $0 { values } else { nil } }, result: { .vector($0) })
    }
}

extension TypeOption {
    package static let proofs = TypeOption("--proofs")
}

extension VDAFConfiguration {
    /// Prio3SumVecField64MultiproofHmacSha256Aes128.
    public static func sumVecField64(
        length: UInt32, maxMeasurement: UInt64, chunkLength: UInt32, proofs: UInt8
    ) -> VDAFConfiguration {
        VDAFConfiguration(
            SumVecField64Type(
                length: length, maxMeasurement: maxMeasurement, chunkLength: chunkLength, proofs: proofs))
    }
}
