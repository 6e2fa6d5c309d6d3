import Commitments
import DAP
import Encodings
import Testing
import VDAF

/// `Protocols/vectors/committed-vdaf.json`.
@Suite struct CommittedVDAFVectorTests {
    private struct Vectors: Encodable {
        var generatorsG: [String]
        var generatorH: String
        var cases: [Case]
    }

    private struct Case: Encodable {
        var algorithmID: String
        var parameters: [String: UInt64]
        var context: String
        var verifyKey: String
        var reports: [Report]
        var aggregateShares: [String]
        var aggregateResult: [String]

        enum CodingKeys: String, CodingKey {
            case algorithmID = "algorithmId"
            case parameters, context, verifyKey, reports, aggregateShares, aggregateResult
        }
    }

    private struct Report: Encodable {
        var measurement: [UInt64]
        var nonce: String
        var rand: String
        var publicShare: String
        var inputShares: [String]
        var outputShares: [String]
    }

    @Test func committedVDAFVectorsAreWhatTheCodeDerives() throws {
        let vectors = Vectors(
            generatorsG: Generators.shared.prefix(4).map { Hex.encode($0.encoded()) },
            generatorH: Hex.encode(Generators.shared.blinding.encoded()),
            cases: [
                try derive(Committed(Prio3Count()), parameters: [:], [true, true, false]) {
                    [$0 ? 1 : 0]
                } result: {
                    ["\($0)"]
                },
                try derive(
                    Committed(Prio3Sum(maxMeasurement: 1000)), parameters: ["max_measurement": 1000], [7, 1000, 0]
                ) {
                    [$0]
                } result: {
                    ["\($0)"]
                },
                try derive(
                    Committed(Prio3SumVec(length: 3, maxMeasurement: 100, chunkLength: 4)),
                    parameters: ["length": 3, "max_measurement": 100, "chunk_length": 4], [[1, 2, 3], [100, 0, 50]]
                ) {
                    $0
                } result: {
                    $0.map { "\($0)" }
                },
                try derive(
                    Committed(Prio3Histogram(length: 4, chunkLength: 2)),
                    parameters: ["length": 4, "chunk_length": 2], [0, 3, 3]
                ) {
                    [UInt64($0)]
                } result: {
                    $0.map { "\($0)" }
                },
                try derive(
                    Committed(Prio3MultihotCountVec(length: 4, maxWeight: 2, chunkLength: 3)),
                    parameters: ["length": 4, "max_weight": 2, "chunk_length": 3],
                    [[true, false, false, true], [false, false, false, false]]
                ) {
                    $0.map { $0 ? 1 : 0 }
                } result: {
                    $0.map { "\($0)" }
                },
                try derive(
                    Committed(Prio3L1BoundSum(length: 3, maxValue: 100, chunkLength: 5)),
                    parameters: ["length": 3, "max_value": 100, "chunk_length": 5], [[1, 2, 3], [100, 0, 0]]
                ) {
                    $0
                } result: {
                    $0.map { "\($0)" }
                },
                try derive(
                    Committed(
                        Prio3SumVecField64MultiproofHmacSha256Aes128(
                            length: 3, maxMeasurement: 100, chunkLength: 4, proofs: 3)),
                    parameters: ["length": 3, "max_measurement": 100, "chunk_length": 4, "proofs": 3],
                    [[1, 2, 3], [100, 0, 50]]
                ) {
                    $0
                } result: {
                    $0.map { "\($0)" }
                },
            ])
        try VectorFile.check("committed-vdaf.json", vectors)
    }

    /// Runs the whole protocol on fixed inputs and writes down every message.
    private func derive<V: OneRoundVDAF>(
        _ vdaf: Committed<V>, parameters: [String: UInt64], _ measurements: [V.Measurement],
        _ describe: (V.Measurement) -> [UInt64], result: (V.AggregateResult) -> [String]
    ) throws -> Case {
        var run = ProtocolRun(vdaf)
        let reports = try measurements.map { measurement in
            let report = try run.add(measurement)
            return Report(
                measurement: describe(measurement), nonce: Hex.encode(report.nonce), rand: Hex.encode(report.rand),
                publicShare: Hex.encode(vdaf.encode(publicShare: report.publicShare)),
                inputShares: report.inputShares, outputShares: report.outputShares)
        }
        return Case(
            algorithmID: "0x" + String(vdaf.algorithmID, radix: 16, uppercase: true), parameters: parameters,
            context: Hex.encode(run.context), verifyKey: Hex.encode(run.verifyKey), reports: reports,
            aggregateShares: run.aggregateShares, aggregateResult: result(try run.result()))
    }
}
