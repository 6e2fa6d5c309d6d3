import Foundation
import TestSupport
import Testing
import VDAF

/// The folder of other people's test vectors: `CAIRN_VECTORS`, else `../shared/vectors` beside the package.
enum VectorFolder {
    static var url: URL {
        if let path = ProcessInfo.processInfo.environment["CAIRN_VECTORS"] {
            return URL(fileURLWithPath: path, isDirectory: true)
        }
        let packageRoot = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return packageRoot.deletingLastPathComponent().appendingPathComponent("shared/vectors", isDirectory: true)
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        let file = url.appendingPathComponent(name)
        do {
            return [UInt8](try Data(contentsOf: file))
        } catch {
            throw MissingVectors(path: file.path)
        }
    }

    static func vdafFiles() throws -> [String] {
        let folder = url.appendingPathComponent("vdaf")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw MissingVectors(path: folder.path)
        }
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    struct MissingVectors: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(path) is not there. Test vectors are read from CAIRN_VECTORS or from ../shared/vectors."
        }
    }
}

extension SeededGenerator {
    mutating func element<Field: FieldElement>() -> Field {
        Field(reducing: UInt128.random(in: 0..<Field.modulus, using: &self))
    }

    mutating func elements<Field: FieldElement>(_ count: Int) -> [Field] {
        (0..<count).map { _ in element() }
    }
}

/// `bytes` with bit `index` inverted.
func flipped(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
    var bytes = bytes
    bytes[index / 8] ^= 1 << UInt8(index % 8)
    return bytes
}

/// Everything that one report's verification needs, and the star topology over it.
struct Report<V: VDAF> {
    let vdaf: V
    var aggregationParameter: V.AggregationParameter
    let context: [UInt8]
    let verifyKey: [UInt8]
    let nonce: [UInt8]
    var publicShare: V.PublicShare
    var inputShares: [V.InputShare]

    init(
        _ vdaf: V, _ measurement: V.Measurement, _ aggregationParameter: V.AggregationParameter,
        _ random: inout SeededGenerator
    ) throws {
        self.vdaf = vdaf
        self.aggregationParameter = aggregationParameter
        context = random.bytes(11)
        verifyKey = random.bytes(vdaf.verifyKeySize)
        nonce = random.bytes(vdaf.nonceSize)
        (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce, rand: random.bytes(vdaf.randSize))
    }

    func verifyInit(_ aggregator: Int) throws(VDAFError) -> (state: V.VerifierState, share: V.VerifierShare) {
        try vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregator,
            aggregationParameter: aggregationParameter, nonce: nonce, publicShare: publicShare,
            inputShare: inputShares[aggregator])
    }

    /// All aggregators' output shares; every message takes the way over its encoding.
    func verify() throws(VDAFError) -> [V.OutputShare] {
        var states: [V.VerifierState] = []
        var shares: [V.VerifierShare] = []
        for aggregator in 0..<vdaf.shares {
            let (state, share) = try verifyInit(aggregator)
            states.append(state)
            shares.append(try vdaf.decodeVerifierShare(vdaf.encode(verifierShare: share)))
        }
        var outputs: [V.OutputShare] = []
        for round in 1...vdaf.rounds {
            let message = try vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: aggregationParameter, verifierShares: shares)
            let received = try vdaf.decodeVerifierMessage(vdaf.encode(verifierMessage: message))
            for (aggregator, state) in states.enumerated() {
                switch try vdaf.verifyNext(context: context, state: state, message: received) {
                case .continued(let next, let share) where round < vdaf.rounds:
                    states[aggregator] = next
                    shares[aggregator] = try vdaf.decodeVerifierShare(vdaf.encode(verifierShare: share))
                case .finished(let output) where round == vdaf.rounds:
                    outputs.append(output)
                default:
                    throw .unexpectedMessage("not the promised number of rounds")
                }
            }
        }
        return outputs
    }
}

extension Report where V.AggregationParameter == Void {
    init(_ vdaf: V, _ measurement: V.Measurement, _ random: inout SeededGenerator) throws {
        try self.init(vdaf, measurement, (), &random)
    }
}

/// Shards, verifies and aggregates measurements, messages encoded and decoded on the way.
func aggregate<V: VDAF>(
    _ vdaf: V, _ measurements: [V.Measurement], parameter: V.AggregationParameter, _ random: inout SeededGenerator
) throws -> V.AggregateResult {
    var aggregateShares = (0..<vdaf.shares).map { _ in vdaf.aggregateInit(parameter) }
    for measurement in measurements {
        var report = try Report(vdaf, measurement, parameter, &random)
        report.publicShare = try vdaf.decodePublicShare(vdaf.encode(publicShare: report.publicShare))
        report.inputShares = try report.inputShares.enumerated().map {
            try vdaf.decodeInputShare(vdaf.encode(inputShare: $0.element), aggregatorID: $0.offset)
        }
        for (aggregator, output) in try report.verify().enumerated() {
            let received = try vdaf.decodeOutputShare(
                vdaf.encode(outputShare: output), aggregationParameter: parameter)
            vdaf.aggregateUpdate(&aggregateShares[aggregator], with: received)
        }
    }
    let received = try aggregateShares.map {
        try vdaf.decodeAggregateShare(vdaf.encode(aggregateShare: $0), aggregationParameter: parameter)
    }
    return try vdaf.unshard(
        aggregationParameter: parameter, aggregateShares: received, measurementCount: measurements.count)
}

func aggregate<V: VDAF>(
    _ vdaf: V, _ measurements: [V.Measurement], _ random: inout SeededGenerator
) throws -> V.AggregateResult where V.AggregationParameter == Void {
    try aggregate(vdaf, measurements, parameter: (), &random)
}
