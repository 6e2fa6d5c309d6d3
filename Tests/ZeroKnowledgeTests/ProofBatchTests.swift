import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Range proofs and linear-form proofs of many shapes in one batch.
@Suite struct ProofBatchTests {
    private let linear = LinearFormProofs(application: LinearFormSample.application)
    private let range = RangeProofs(application: RangeSample.application)

    private func entries(_ random: inout SeededGenerator) throws -> [any BatchVerifiable] {
        var entries: [any BatchVerifiable] = []
        for count in [1, 70, 6, 200, 33] {
            let sample = LinearFormSample(count: count, using: &random)
            entries.append(
                LinearFormProofs.BatchEntry(
                    proofs: linear, statement: try sample.statement(), proof: try sample.proof(using: &random)))
        }
        for (bits, count) in [(RangeStatement.Bits.sixtyFour, 1), (.eight, 4), (.sixteen, 1), (.thirtyTwo, 2)] {
            let sample = RangeSample(bits, count: count, using: &random)
            entries.append(
                RangeProofs.BatchEntry(
                    proofs: range, statement: try sample.statement(), proof: try sample.proof(using: &random)))
        }
        return entries
    }

    /// The same proof under another application.
    private func spoiled(_ entry: any BatchVerifiable) throws -> any BatchVerifiable {
        if var entry = entry as? LinearFormProofs.BatchEntry {
            entry.proofs = LinearFormProofs(application: "other")
            return entry
        }
        var entry = try #require(entry as? RangeProofs.BatchEntry)
        entry.proofs = RangeProofs(application: "other")
        return entry
    }

    @Test func aBatchIsValidIfEveryProofIs() throws {
        var random = SeededGenerator()
        let entries = try entries(&random)
        try VerificationBatch.verify([], using: &random)
        try VerificationBatch.verify(entries, using: &random)
        try VerificationBatch.verify(entries + entries.reversed(), using: &random, threads: 2)
        #expect(VerificationBatch.indicesOfInvalid(entries, using: &random).isEmpty)
        for entry in entries { try VerificationBatch.verify([entry], using: &random) }
        for index in entries.indices {
            var bad = entries
            bad[index] = try spoiled(bad[index])
            #expect(throws: ProofError.rejected, "\(index)") { try VerificationBatch.verify(bad, using: &random) }
            #expect(VerificationBatch.indicesOfInvalid(bad, using: &random) == [index])
        }
    }

    @Test func everyBadProofIsFound() throws {
        var random = SeededGenerator()
        let entries = try entries(&random)
        for _ in 0..<6 {
            let bad = entries.indices.filter { _ in Bool.random(using: &random) }
            var mixed = entries
            for index in bad { mixed[index] = try spoiled(mixed[index]) }
            #expect(VerificationBatch.indicesOfInvalid(mixed, using: &random) == bad)
        }
        let all = try entries.map { try spoiled($0) }
        #expect(VerificationBatch.indicesOfInvalid(all, using: &random) == Array(entries.indices))
    }

    /// A proof whose length does not fit is refused on its own, and named.
    @Test func aProofOfAnotherShapeIsFound() throws {
        var random = SeededGenerator()
        var entries = try entries(&random)
        var entry = try #require(entries[1] as? LinearFormProofs.BatchEntry)
        entry.proof = try #require(entries[2] as? LinearFormProofs.BatchEntry).proof
        entries[1] = entry
        #expect(throws: ProofError.wrongLength(expected: 640, actual: 384)) {
            try VerificationBatch.verify(entries, using: &random)
        }
        #expect(VerificationBatch.indicesOfInvalid(entries, using: &random) == [1])
    }

    /// Errors that cancel in an unweighted sum: between two proofs, and between the two equations of one.
    @Test func errorsDoNotCancel() throws {
        var random = SeededGenerator()
        let sample = LinearFormSample(count: 3, using: &random)
        let statement = try sample.statement()
        let proof = try sample.proof(using: &random).bytes
        func changed(_ deltas: [(field: Int, by: Scalar)]) throws -> any BatchVerifiable {
            var bytes = proof
            for delta in deltas {
                let place = proof.count - 128 + 32 * delta.field..<proof.count - 96 + 32 * delta.field
                bytes.replaceSubrange(place, with: (try Scalar.decode(bytes[place]) + delta.by).encoded())
            }
            return LinearFormProofs.BatchEntry(
                proofs: linear, statement: statement, proof: try LinearFormProof(decoding: bytes, count: 3))
        }
        try VerificationBatch.verify([changed([]), changed([])], using: &random)
        // z_s and z_t are both multiples of H.
        for batch in [[[(1, Scalar(3))], [(1, -Scalar(3))]], [[(1, Scalar(3)), (3, -Scalar(3))]]] {
            let entries = try batch.map { try changed($0.map { (field: $0.0, by: $0.1) }) }
            #expect(throws: ProofError.rejected) { try VerificationBatch.verify(entries, using: &random) }
        }
    }
}
