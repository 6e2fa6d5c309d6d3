import TestSupport
import Testing
import VDAF

/// Every decoder accepts exactly what its encoder makes, and nothing of another length or with a non-canonical element.
@Suite struct Prio3CodecTests {
    /// A message as its decoder and encoder see it.
    struct Codec {
        let name: String
        let bytes: [UInt8]
        /// Where field elements start in `bytes`.
        let elements: Range<Int>
        let roundTrip: ([UInt8]) throws(VDAFError) -> [UInt8]
    }

    static func codecs<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, _ measurement: Circuit.Measurement,
        _ random: inout SeededGenerator
    ) throws -> [Codec] {
        let report = try Report(vdaf, measurement, &random)
        let (_, verifierShare) = try report.verifyInit(0)
        let shares = try (0..<vdaf.shares).map { try report.verifyInit($0).share }
        let message = try vdaf.verifierSharesToMessage(
            context: report.context, aggregationParameter: (), verifierShares: shares)
        let output = try report.verify()[0]
        let blind = vdaf.publicShareSize > 0 ? 32 : 0
        let leader = vdaf.encode(inputShare: report.inputShares[0])
        let verifier = vdaf.encode(verifierShare: verifierShare)
        let outputBytes = vdaf.encode(outputShare: output)
        return [
            Codec(name: "public share", bytes: vdaf.encode(publicShare: report.publicShare), elements: 0..<0) {
                (bytes) throws(VDAFError) in vdaf.encode(publicShare: try vdaf.decodePublicShare(bytes))
            },
            Codec(name: "leader share", bytes: leader, elements: 0..<leader.count - blind) {
                (bytes) throws(VDAFError) in
                vdaf.encode(inputShare: try vdaf.decodeInputShare(bytes, aggregatorID: 0))
            },
            Codec(name: "helper share", bytes: vdaf.encode(inputShare: report.inputShares[1]), elements: 0..<0) {
                (bytes) throws(VDAFError) in
                vdaf.encode(inputShare: try vdaf.decodeInputShare(bytes, aggregatorID: 1))
            },
            Codec(name: "verifier share", bytes: verifier, elements: 0..<verifier.count - blind) {
                (bytes) throws(VDAFError) in vdaf.encode(verifierShare: try vdaf.decodeVerifierShare(bytes))
            },
            Codec(name: "verifier message", bytes: vdaf.encode(verifierMessage: message), elements: 0..<0) {
                (bytes) throws(VDAFError) in vdaf.encode(verifierMessage: try vdaf.decodeVerifierMessage(bytes))
            },
            Codec(name: "output share", bytes: outputBytes, elements: 0..<outputBytes.count) {
                (bytes) throws(VDAFError) in vdaf.encode(outputShare: try vdaf.decodeOutputShare(bytes))
            },
            Codec(name: "aggregate share", bytes: outputBytes, elements: 0..<outputBytes.count) {
                (bytes) throws(VDAFError) in vdaf.encode(aggregateShare: try vdaf.decodeAggregateShare(bytes))
            },
        ]
    }

    static func isEncodingError(_ codec: Codec, _ bytes: [UInt8]) -> Bool {
        do throws(VDAFError) {
            _ = try codec.roundTrip(bytes)
            return false
        } catch {
            if case .invalidEncoding = error { return true }
            return false
        }
    }

    static func check<Circuit, Seeds>(
        _ vdaf: Prio3<Circuit, Seeds>, _ measurement: Circuit.Measurement,
        _ random: inout SeededGenerator
    ) throws {
        let size = Circuit.Field.encodedSize
        for codec in try codecs(vdaf, measurement, &random) {
            #expect(try codec.roundTrip(codec.bytes) == codec.bytes, "\(codec.name)")
            for count in 0..<codec.bytes.count {
                #expect(isEncodingError(codec, Array(codec.bytes.prefix(count))), "\(codec.name) of \(count) bytes")
            }
            for more in [1, size, 32, 1000] {
                #expect(isEncodingError(codec, codec.bytes + random.bytes(more)), "\(codec.name) plus \(more)")
            }
            for start in stride(from: codec.elements.lowerBound, to: codec.elements.upperBound, by: size) {
                var bytes = codec.bytes
                bytes.replaceSubrange(start..<start + size, with: [UInt8](repeating: 0xFF, count: size))
                #expect(isEncodingError(codec, bytes), "\(codec.name) at \(start)")
                let modulus = FieldCodecTests.littleEndian(Circuit.Field.modulus, size)
                bytes.replaceSubrange(start..<start + size, with: modulus)
                #expect(isEncodingError(codec, bytes), "\(codec.name) at \(start)")
            }
            for _ in 0..<200 where !codec.bytes.isEmpty {
                var bytes = codec.bytes
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                do throws(VDAFError) {
                    let again = try codec.roundTrip(bytes)
                    #expect(again == bytes, "\(codec.name): what is accepted is canonical")
                } catch {
                    #expect(!codec.elements.isEmpty, "\(codec.name): only field elements can be wrong")
                }
            }
        }
    }

    @Test func decodersAreTotalAndCanonical() throws {
        var random = SeededGenerator()
        try Self.check(Prio3Count(), true, &random)
        try Self.check(Prio3Sum(maxMeasurement: 11), 7, &random)
        try Self.check(Prio3SumVec(length: 3, maxMeasurement: 5, chunkLength: 4), [0, 5, 2], &random)
        try Self.check(Prio3Histogram(length: 5, chunkLength: 2, shares: 3), 4, &random)
        try Self.check(
            Prio3MultihotCountVec(length: 3, maxWeight: 2, chunkLength: 2), [true, false, true], &random)
        try Self.check(Prio3L1BoundSum(length: 2, maxValue: 5, chunkLength: 4), [1, 3], &random)
        try Self.check(
            Prio3SumVecField64MultiproofHmacSha256Aes128(length: 3, maxMeasurement: 5, chunkLength: 4), [0, 5, 2],
            &random)
    }

    @Test func sizesAreThoseOfTheStandardsTables() throws {
        let count = try Prio3Count()
        #expect(count.inputShareSize(aggregatorID: 0) == 48 && count.inputShareSize(aggregatorID: 1) == 32)
        #expect(count.verifierShareSize == 32 && count.publicShareSize == 0 && count.aggregateShareSize == 8)
        let sum = try Prio3Sum(maxMeasurement: (1 << 32) - 1)
        #expect(sum.inputShareSize(aggregatorID: 0) == 1280 && sum.verifierShareSize == 24)
        let histogram = try Prio3Histogram(length: 100, chunkLength: 10)
        #expect(histogram.inputShareSize(aggregatorID: 0) == 2448 && histogram.inputShareSize(aggregatorID: 1) == 64)
        #expect(histogram.verifierShareSize == 384 && histogram.publicShareSize == 64)
        let vector = try Prio3SumVec(length: 100_000, maxMeasurement: 1, chunkLength: 316)
        #expect(vector.inputShareSize(aggregatorID: 0) == 1_626_512 && vector.verifierShareSize == 10_176)
        let small = try Prio3SumVecField64MultiproofHmacSha256Aes128(
            length: 100_000, maxMeasurement: 1, chunkLength: 316)
        #expect(small.inputShareSize(aggregatorID: 0) == 839_752 && small.verifierShareSize == 15_248)
    }

    @Test func thereIsNoInputShareForOtherAggregators() throws {
        let vdaf = try Prio3Count(shares: 3)
        for aggregator in [-1, 3, Int.max, Int.min] {
            #expect(throws: VDAFError.self) {
                try vdaf.decodeInputShare([UInt8](repeating: 0, count: 32), aggregatorID: aggregator)
            }
        }
        #expect(throws: Never.self) { try vdaf.decodeInputShare([UInt8](repeating: 0, count: 32), aggregatorID: 2) }
    }

    @Test func theAggregationParameterIsEmpty() throws {
        let vdaf = try Prio3Count()
        #expect(vdaf.encode(aggregationParameter: ()) == [])
        try vdaf.decodeAggregationParameter([])
        #expect(throws: VDAFError.self) { try vdaf.decodeAggregationParameter([0]) }
        #expect(vdaf.isValid(aggregationParameter: (), previous: []))
        #expect(!vdaf.isValid(aggregationParameter: (), previous: [()]))
    }
}
