import Bench
import Testing

@Suite struct CommitmentRowTests {
    static func settings(threads: Int = 1) throws -> BenchSettings {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("CommitmentRowTests: --seed \(seed)")
        return try BenchSettings(threads: threads, repeats: 2, seed: seed)
    }

    @Test(arguments: [1, 2]) func everythingIsMeasuredAndChecked(threads: Int) throws {
        let benchCase = try CommitmentCase(dimension: 13, bits: 5, jobReports: 9)
        let row = try CommitmentRow(benchCase, settings: Self.settings(threads: threads))
        #expect(row.threads == threads)
        for cost in [
            row.commit, row.linkCheck, row.leaderVerify, row.helperVerify, row.audit, row.linear.prove,
            row.linear.verify, row.linear.verifyInBatch,
        ] {
            #expect(cost.wall.smallest > 0 && cost.wall.smallest <= cost.wall.median)
            #expect(cost.wall.median <= cost.wall.largest)
        }
        // 2 · ⌈log2 13⌉ + 6 elements and scalars.
        #expect(row.linear.bytes == 32 * 14)
        #expect(row.linkCheckPercent > 0)
    }

    @Test(arguments: [1, 64, 300]) func multiplicationsAreCompared(points: Int) throws {
        for bits in MultiplicationRow.bitCounts {
            let row = try MultiplicationRow(points: points, bits: bits, settings: Self.settings())
            #expect(row.points == points && row.bits == bits && row.cost.wall.median > 0)
        }
    }

    @Test func rangeProofsAreMeasured() throws {
        let row = try RangeProofRow(settings: Self.settings())
        #expect(row.bytes == 672)
        #expect(row.prove.wall.median > 0 && row.verify.wall.median > 0 && row.verifyInBatch.wall.median > 0)
    }

    @Test(arguments: [
        (0, 16, 100, "--dimension 0"), (-3, 16, 100, "--dimension -3"), (10, 0, 100, "--bits 0"),
        (10, 64, 100, "--bits 64"), (10, 16, 0, "--job-reports 0"), (10, 16, 1_000_000, "--job-reports 1000000"),
        (1 << 22, 2, 1, "8388608"),
    ]) func impossibleParametersAreRefused(dimension: Int, bits: Int, jobReports: Int, word: String) {
        let error = #expect(throws: BenchError.self) {
            try CommitmentCase(dimension: dimension, bits: bits, jobReports: jobReports)
        }
        guard case .invalidOption(let text) = error else { return }
        #expect(text.contains(word), "\(text)")
    }
}
