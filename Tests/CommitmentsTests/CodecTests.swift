import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// Decoders are total: every wrong input is a typed error, and what decodes encodes to the same bytes.
@Suite struct CodecTests {
    private let vdaf = try! Committed(Prio3SumVec(length: 3, maxMeasurement: 7, chunkLength: 2))

    private struct Samples {
        var publicShare: [UInt8]
        var inputShares: [[UInt8]]
        var outputShare: [UInt8]
        var aggregateShare: [UInt8]
    }

    private func samples(_ random: inout SeededGenerator) throws -> Samples {
        var batch = Batch(vdaf)
        try batch.add([1, 2, 3], random: &random)
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: [4, 5, 6], nonce: random.bytes(vdaf.nonceSize), rng: &random)
        return Samples(
            publicShare: vdaf.encode(publicShare: publicShare),
            inputShares: inputShares.map { vdaf.encode(inputShare: $0) },
            outputShare: vdaf.encode(outputShare: batch.outputShares[0][0]),
            aggregateShare: vdaf.encode(aggregateShare: try batch.aggregateShare(0)))
    }

    /// Decodes and encodes again; throws what the decoder throws.
    private func decoders() -> [(name: String, sample: (Samples) -> [UInt8], again: ([UInt8]) throws -> [UInt8])] {
        let vdaf = vdaf
        return [
            ("public share", { $0.publicShare }, { vdaf.encode(publicShare: try vdaf.decodePublicShare($0)) }),
            (
                "leader share", { $0.inputShares[0] },
                { vdaf.encode(inputShare: try vdaf.decodeInputShare($0, aggregatorID: 0)) }
            ),
            (
                "helper share", { $0.inputShares[1] },
                { vdaf.encode(inputShare: try vdaf.decodeInputShare($0, aggregatorID: 1)) }
            ),
            ("output share", { $0.outputShare }, { vdaf.encode(outputShare: try vdaf.decodeOutputShare($0)) }),
            (
                "aggregate share", { $0.aggregateShare },
                { vdaf.encode(aggregateShare: try vdaf.decodeAggregateShare($0)) }
            ),
        ]
    }

    @Test func everyMessageRoundTrips() throws {
        var random = SeededGenerator()
        let samples = try samples(&random)
        for decoder in decoders() {
            let bytes = decoder.sample(samples)
            #expect(try decoder.again(bytes) == bytes, "\(decoder.name)")
        }
        #expect(samples.publicShare.count == 64 + 64)
        #expect(samples.inputShares[1].count == 64 + 32)
        #expect(samples.outputShare.count == 3 * 16 + 32)
        #expect(samples.aggregateShare.count == 3 * 24 + 32)
    }

    @Test func truncatedAndExtendedMessagesAreRefused() throws {
        var random = SeededGenerator()
        let samples = try samples(&random)
        for decoder in decoders() {
            let bytes = decoder.sample(samples)
            for length in 0..<bytes.count {
                #expect(throws: VDAFError.self, "\(decoder.name) of \(length) bytes") {
                    try decoder.again(Array(bytes.prefix(length)))
                }
            }
            #expect(throws: VDAFError.self, "\(decoder.name) with a byte more") { try decoder.again(bytes + [0]) }
        }
    }

    @Test func randomBytesNeverDecodeToSomethingElse() throws {
        var random = SeededGenerator()
        let samples = try samples(&random)
        for decoder in decoders() {
            let sample = decoder.sample(samples)
            for round in 0..<200 {
                var bytes = round % 2 == 0 ? random.bytes(Int.random(in: 0..<400, using: &random)) : sample
                if round % 2 == 1 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                if let again = try? decoder.again(bytes) {
                    #expect(again == bytes, "\(decoder.name)")
                }
            }
        }
    }

    @Test func nonCanonicalBlindsAndBadCommitmentsAreRefused() throws {
        var random = SeededGenerator()
        let samples = try samples(&random)
        let ones = [UInt8](repeating: 0xff, count: 32)
        for decoder in decoders().dropFirst() {
            #expect(throws: VDAFError.self, "\(decoder.name)") {
                try decoder.again(decoder.sample(samples).dropLast(32) + ones)
            }
        }
        let zeros = [UInt8](repeating: 0, count: 32)
        for (position, bad) in [(64, ones), (96, ones), (64, zeros), (96, zeros)] {
            var bytes = samples.publicShare
            bytes.replaceSubrange(position..<(position + 32), with: bad)
            #expect(throws: VDAFError.self) { try vdaf.decodePublicShare(bytes) }
        }
    }
}
