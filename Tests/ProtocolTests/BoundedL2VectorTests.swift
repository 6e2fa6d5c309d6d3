import Commitments
import Encodings
import Testing
import VDAF

/// `Protocols/vectors/bounded-l2-vector.json`.
@Suite struct BoundedL2VectorTests {
    private struct Vectors: Encodable {
        var cases: [Case]
    }

    private struct Case: Encodable {
        var algorithmID: String
        var field: String
        var integerBound: UInt64
        var fractionalBits: Int
        var dimension: Int
        var context: String
        var verifyKey: String
        var reports: [Report]
        var aggregateShares: [String]
        var aggregateIntegers: [String]
        var aggregateResult: [Double]

        enum CodingKeys: String, CodingKey {
            case algorithmID = "algorithmId"
            case field, integerBound, fractionalBits, dimension, context, verifyKey, reports, aggregateShares
            case aggregateIntegers, aggregateResult
        }
    }

    private struct Report: Encodable {
        var measurement: [Double]
        var integers: [Int64]
        var nonce: String
        var rand: String
        var publicShare: String
        var inputShares: [String]
        var wraparoundResults: [Int64]
        var verifierShares: [String]
        var verifierMessage: String
        var outputShares: [String]
    }

    @Test func boundedL2VectorsAreWhatTheCodeDerives() throws {
        let small = try FixedPointEncoding(integerBound: 3, fractionalBits: 1)
        let fine = try FixedPointEncoding(integerBound: 16, fractionalBits: 4)
        let vectors: [[Double]] = [[0.5, -1, 0.25], [1.5, 0, 0]]
        let plain = try BoundedL2Vector(encoding: small, dimension: 3)
        let wide = try BoundedL2VectorField128(encoding: fine, dimension: 2)
        try VectorFile.check(
            "bounded-l2-vector.json",
            Vectors(cases: [
                try derive(plain, plain, vectors, parts: \.jointRandomnessParts),
                try derive(wide, wide, [[0.6, -0.75]], parts: \.jointRandomnessParts),
                try derive(Committed(plain), plain, vectors, parts: \.base.jointRandomnessParts),
            ]))
    }

    /// Runs the whole protocol on fixed inputs and writes down every message.
    private func derive<V: VDAF, Field>(
        _ vdaf: V, _ base: BoundedL2<Field>, _ measurements: [[Double]], parts: (V.PublicShare) -> [[UInt8]]
    ) throws -> Case
    where V.Measurement == [Double], V.AggregateResult == BoundedL2Sum, V.AggregationParameter == Void {
        var run = ProtocolRun(vdaf)
        let reports = try measurements.map { measurement in
            let report = try run.add(measurement)
            let integers = try base.encoding.encode(measurement)
            var signs = base.wraparoundSigns(
                context: run.context, parts: parts(report.publicShare).map { Array($0.prefix(32)) })
            return Report(
                measurement: measurement, integers: integers, nonce: Hex.encode(report.nonce),
                rand: Hex.encode(report.rand), publicShare: Hex.encode(vdaf.encode(publicShare: report.publicShare)),
                inputShares: report.inputShares,
                wraparoundResults: try integers.withUnsafeBufferPointer {
                    try SignDotProducts(dimension: base.dimension, checks: WraparoundTests.count)
                        .evaluate($0, xof: &signs)
                },
                verifierShares: report.verifierShares, verifierMessage: report.verifierMessage,
                outputShares: report.outputShares)
        }
        let total = try run.result()
        return Case(
            algorithmID: "0x" + String(vdaf.algorithmID, radix: 16, uppercase: true), field: "\(Field.self)",
            integerBound: base.encoding.integerBound, fractionalBits: base.encoding.fractionalBits,
            dimension: base.dimension, context: Hex.encode(run.context), verifyKey: Hex.encode(run.verifyKey),
            reports: reports, aggregateShares: run.aggregateShares,
            aggregateIntegers: total.integers.map { "\($0)" }, aggregateResult: total.values)
    }
}
