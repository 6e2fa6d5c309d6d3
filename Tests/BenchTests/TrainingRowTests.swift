import Bench
import Commitments
import Testing
import VDAF

@Suite struct TrainingRowTests {
    private static func seed(_ test: String = #function) -> UInt64 {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("\(test): --seed \(seed)")
        return seed
    }

    @Test(arguments: [1, 2]) func everythingIsMeasuredAndChecked(threads: Int) throws {
        let settings = try BenchSettings(threads: threads, repeats: 2, seed: Self.seed())
        let row = try TrainingRow(TrainingCase(dimension: 13, contributors: 9), settings: settings)
        #expect(row.threads == threads && row.jobReports == 9)
        for cost in [
            row.client, row.commit, row.leaderVerify, row.helperVerify, row.linkCheck, row.aggregate, row.audit,
        ] {
            #expect(cost.wall.smallest > 0 && cost.processor.smallest > 0)
            #expect(cost.wall.smallest <= cost.wall.median && cost.wall.median <= cost.wall.largest)
        }
        #expect(row.plainAverage > 0 && row.plainUploadBytes == 4 * 13)
        #expect(row.nodes > row.leaderVerify.wall.median + row.helperVerify.wall.median)
        #expect(row.peakMemoryBytes > 1 << 20)
    }

    @Test func roundsOverEitherFieldAreMeasured() throws {
        let settings = try BenchSettings(repeats: 1, seed: Self.seed())
        let large = try TrainingCase(dimension: 20, contributors: 3, normBound: 1e7)
        let small = try TrainingCase(dimension: 20, contributors: 3)
        #expect(large.precision.isField128 && !small.precision.isField128)
        let (wide, narrow) = (
            try TrainingRow(large, settings: settings), try TrainingRow(small, settings: settings)
        )
        #expect(wide.uploadBytes > narrow.uploadBytes)
    }

    /// At most 1.35 elements of 8 bytes at this dimension, everything counted.
    @Test func uploadsAreLittleMoreThanOneElementACoordinate() throws {
        let settings = try BenchSettings(repeats: 1, seed: Self.seed())
        let row = try TrainingRow(TrainingCase(dimension: 10_000, contributors: 1), settings: settings)
        #expect((8 * 10_000...108_000).contains(row.uploadBytes), "\(row.uploadBytes)")
    }

    @Test func longRoundsAreCutIntoJobs() throws {
        let settings = try BenchSettings(repeats: 2, seed: Self.seed())
        var contributors = 0
        let row = try TrainingRow(TrainingCase(dimension: 2, contributors: 130), settings: settings) {
            contributors += 1
        }
        #expect(contributors == 260 && row.jobReports == 100)
    }

    @Test(arguments: [
        (0, 5, 1, "--dimension 0"), (-1, 5, 1, "--dimension -1"), (1 << 25, 5, 1, "--dimension 33554432"),
        (5, 0, 1, "--contributors 0"), (5, 10_000_000, 1, "--contributors 10000000"), (5, 5, 0, "--norm-bound 0"),
        (5, 5, -1, "--norm-bound -1"), (5, 5, .infinity, "--norm-bound inf"), (5, 5, .nan, "--norm-bound nan"),
        (5, 5, 1e-30, "--norm-bound 1e-30"), (5, 5, 1e10, "--norm-bound 1"),
    ]) func impossibleParametersAreRefused(dimension: Int, contributors: Int, normBound: Double, word: String) {
        let error = #expect(throws: BenchError.self) {
            try TrainingCase(dimension: dimension, contributors: contributors, normBound: normBound)
        }
        guard case .invalidOption(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains(word), "\(text)")
    }
}

/// The vectors that contributors send.
@Suite struct UpdateSourceTests {
    @Test(arguments: [1, 2, 50, 10_000]) func updatesAreJustWithinTheBound(dimension: Int) throws {
        var randomness = SeededRandomness(seed: 6)
        let encoding = try TrainingCase(dimension: dimension, normBound: 3).precision.encoding
        let source = UpdateSource(encoding: encoding, dimension: dimension)
        for _ in 0..<3 {
            let norm = try encoding.encode(source.next(&randomness)).reduce(0) { $0 + Double($1) * Double($1) }
                .squareRoot()
            #expect((0.99...1).contains(norm / Double(encoding.integerBound)), "\(norm)")
        }
    }
}

/// The checks of a round, given something that they must not pass.
@Suite struct TrainingCheckTests {
    private static let dimension = 6
    private let committed: Committed<BoundedL2Vector>
    private let client: TrainingClient<Field64>
    private let nodes: TrainingNodes<Field64>
    private let encoding: FixedPointEncoding

    init() throws {
        encoding = try FixedPointEncoding(normBound: 1, fractionalBits: 16)
        committed = try Committed(BoundedL2Vector(encoding: encoding, dimension: Self.dimension))
        client = TrainingClient(committed: committed, context: [1])
        nodes = TrainingNodes(
            committed: committed, verifyKey: [UInt8](repeating: 7, count: committed.verifyKeySize), context: [1],
            threads: 1)
    }

    private func source(_ encoding: FixedPointEncoding) -> UpdateSource {
        UpdateSource(encoding: encoding, dimension: Self.dimension)
    }

    @Test func nodesRefuseTwiceTheNormAndNobodyElse() throws {
        var randomness = SeededRandomness(seed: 1)
        let honest = try client.upload(source(encoding).next(&randomness), randomness: &randomness).upload
        let forged = try client.forgedUpload(
            doubling: source(encoding).next(&randomness), randomness: &randomness)
        let outputs = try nodes.verify([honest, forged, honest, forged]).outputs
        for (index, output) in outputs.enumerated() {
            switch output {
            case .success: #expect(index % 2 == 0)
            case .failure(let error): #expect(index % 2 == 1 && error == .proofRejected, "\(error)")
            }
        }
    }

    /// Were the bound not enforced, this is how it would show.
    @Test func aForgeryThatTheClientWouldSendIsReported() throws {
        var randomness = SeededRandomness(seed: 2)
        let half = try source(encoding).next(&randomness).map { $0 / 2 }
        let error = #expect(throws: BenchError.self) {
            try client.forgedUpload(doubling: half, randomness: &randomness)
        }
        guard case .checkFailed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aSumThatIsNotThePlainSumIsReported() throws {
        var randomness = SeededRandomness(seed: 3)
        var honest = MeasuredRound(client: client, nodes: nodes, source: source(encoding))
        try honest.runJob(count: 3, randomness: &randomness)
        try honest.finish(contributors: 3)

        // The plain sums in other units.
        let coarser = try FixedPointEncoding(normBound: 0.5, fractionalBits: 15)
        var wrong = MeasuredRound(client: client, nodes: nodes, source: source(coarser))
        try wrong.runJob(count: 3, randomness: &randomness)
        #expect(throws: BenchError.wrongAggregate(type: "committed bounded-norm vectors")) {
            try wrong.finish(contributors: 3)
        }
    }

    @Test func anotherNumberOfContributorsIsReported() throws {
        var randomness = SeededRandomness(seed: 4)
        var round = MeasuredRound(client: client, nodes: nodes, source: source(encoding))
        try round.runJob(count: 3, randomness: &randomness)
        let error = #expect(throws: BenchError.self) { try round.finish(contributors: 4) }
        guard case .stepFailed("unsharding", .aggregateOutOfRange) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
