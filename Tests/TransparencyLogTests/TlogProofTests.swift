// Proof files: a good one verifies, and each way to spoil one fails in the check that should notice.

import Testing
import TransparencyLog

@Suite struct TlogProofTests {
    static let size = 100
    static let index = 37
    static let entry = Array("entry 37".utf8)

    private func policy(_ quorum: String = "quorum helper") throws -> LogPolicy {
        try LogPolicy(
            parsing: Array(
                """
                log \(Fixture.log.verifier.vkey)
                witness helper \(Fixture.helper.verifier.vkey)
                witness other \(Fixture.other.verifier.vkey)
                \(quorum)

                """.utf8))
    }

    private func proof(extra: [UInt8] = entry, cosigners: [Cosigner] = [Fixture.helper]) throws -> TlogProof {
        TlogProof(
            extra: extra, index: UInt64(Self.index),
            inclusionProof: try MerkleTree.inclusionProof(
                index: UInt64(Self.index), leafHashes: Fixture.leafHashes(Self.size)),
            checkpoint: try Fixture.checkpoint(Fixture.head(Self.size), cosigners: cosigners))
    }

    /// `proof()` as a program of a few lines over another library's SHA-256 and Ed25519 writes it.
    static let independentlyMade = """
        c2sp.org/tlog-proof@v1
        extra ZW50cnkgMzc=
        index 37
        sbP11xLyYtYqzTq+t4QQ8+/7mimvVLv663q6KlBQgEM=
        zB5itUR0L0nRebC/2Zu2SXRwgsEVOFhdn9Pm/i4jjVY=
        ukmllLjq3c3rtEpPwGrKx4ASak1e+jH+JesY8i6W4L8=
        jDDy8N+BtYq16ZfTs1KCrIcTyi1z9d9GTJLNu7BE/jI=
        66+Zq9y68egNSFFKSw79SoJG7LDYNECmkaqMPZ3rnts=
        GgO9ng0eJjvhaOoHprLn00xWS9o7c9pqDI2kL7VtJ2A=
        xYR5oohSgeTwP3tOBvtbMFAoPxsi008KLshX/GGdG4Y=

        log.example/cairn
        100
        EGptFZTXMkjJY0Y5iWz4p20sNBj4+4tOJDhgJaJ/JHI=

        — log.example/cairn 28hUu5OZf97Tk1nZQiSZWxQ7YRfe244QhbjeWlosY1/+bv/M7thDIgQCi1dX8WK++GVhwG91ErYG89Q76qPHZrF1kgk=
        — helper.example/w LULQlwAAAABlU/EAoIBfDCTyS8TOQphRLhBMoweZ/BE6VFDHbqhsrI84KrtIvfCZfISS1CMZ4blm9vRkdPE0cJWlX/N7lnwKYiawDw==

        """

    @Test func proofMadeByAnIndependentProgramIsTheSameAndVerifies() throws {
        // Signatures may differ from run to run on platforms that randomize Ed25519, all else may not.
        let theirs = try TlogProof(parsing: Array(Self.independentlyMade.utf8))
        let ours = try proof()
        #expect(theirs.extra == ours.extra && theirs.index == ours.index)
        #expect(theirs.inclusionProof == ours.inclusionProof)
        #expect(theirs.checkpoint.checkpoint == ours.checkpoint.checkpoint)
        #expect(theirs.serialized() == Array(Self.independentlyMade.utf8))
        #expect(try theirs.verify(entry: Self.entry, policy: policy()).isAccepted)
    }

    @Test func proofFileRoundTripsAndVerifies() throws {
        for extra in [[], Self.entry] {
            let file = try proof(extra: extra).serialized()
            let parsed = try TlogProof(parsing: file)
            #expect(parsed.serialized() == file)
            let verdict = try parsed.verify(entry: Self.entry, policy: policy())
            #expect(verdict.isAccepted)
            #expect(verdict.witnesses.map(\.outcome) == [.valid(timestamp: 1_700_000_000), .missing])
        }
    }

    @Test func fileHasTheSpecifiedForm() throws {
        let lines = String(decoding: try proof().serialized(), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "c2sp.org/tlog-proof@v1")
        #expect(lines[1] == "extra \(base64(Self.entry))")
        #expect(lines[2] == "index 37")
        #expect(lines[3..<10].allSatisfy { $0.count == 44 })
        #expect(lines[10].isEmpty)
        #expect(lines[11] == "log.example/cairn")
    }

    @Test func oneLeafTreeNeedsNoHashes() throws {
        let proof = TlogProof(index: 0, inclusionProof: [], checkpoint: try Fixture.checkpoint(Fixture.head(1)))
        let parsed = try TlogProof(parsing: proof.serialized())
        try parsed.verify(entry: Array("entry 0".utf8), policy: policy("quorum none"))
    }

    @Test func otherEntryFailsInclusion() throws {
        #expect(throws: ProofFailure.inclusion(.rootMismatch)) {
            try proof().verify(entry: Array("entry 38".utf8), policy: policy())
        }
    }

    @Test func otherIndexFailsInclusion() throws {
        let good = try proof()
        for index in [0, 36, 38, 99] as [UInt64] {
            let moved = TlogProof(index: index, inclusionProof: good.inclusionProof, checkpoint: good.checkpoint)
            #expect(throws: ProofFailure.self) { try moved.verify(entry: Self.entry, policy: policy()) }
        }
        let outside = TlogProof(index: 100, inclusionProof: good.inclusionProof, checkpoint: good.checkpoint)
        #expect(throws: ProofFailure.inclusion(.indexOutOfRange(index: 100, size: 100))) {
            try outside.verify(entry: Self.entry, policy: policy())
        }
    }

    @Test func shortenedOrLengthenedPathFailsInclusion() throws {
        let good = try proof()
        for path in [Array(good.inclusionProof.dropLast()), good.inclusionProof + [MerkleTree.emptyRoot], []] {
            let changed = TlogProof(index: good.index, inclusionProof: path, checkpoint: good.checkpoint)
            #expect(throws: ProofFailure.inclusion(.wrongProofLength(path.count))) {
                try changed.verify(entry: Self.entry, policy: policy())
            }
        }
    }

    @Test func otherOriginOrLogKeyFailsThePolicy() throws {
        let good = try proof()
        let elsewhere = try NoteSigner(name: "elsewhere.example")
        let foreign = try Checkpoint(
            origin: "elsewhere.example", size: 100, root: good.checkpoint.checkpoint.root)
        expect(.unknownOrigin("elsewhere.example"), from: try SignedCheckpoint(foreign, signedBy: elsewhere), good)

        let newKey = try NoteSigner(name: Fixture.origin, seed: [UInt8](repeating: 8, count: 32))
        let resigned = try SignedCheckpoint(good.checkpoint.checkpoint, signedBy: newKey)
        expect(.logSignatureMissing(origin: Fixture.origin), from: resigned, good)
    }

    @Test func missingCosignatureFailsTheQuorum() throws {
        let good = try proof()
        for cosigners in [[], [Fixture.other], [Fixture.third]] {
            let checkpoint = try Fixture.checkpoint(Fixture.head(Self.size), cosigners: cosigners)
            expect(.quorumNotMet(name: "helper"), from: checkpoint, good)
        }
    }

    @Test func signaturesMovedToAnotherCheckpointAreBad() throws {
        let good = try proof()
        let other = try Checkpoint(origin: Fixture.origin, size: 100, root: Fixture.head(99).root)
        let moved = try SignedCheckpoint(SignedNote(text: other.text, signatures: good.checkpoint.note.signatures))
        expect(.badSignature(keyName: Fixture.origin), from: moved, good)
    }

    /// A file without `extra` under a policy that needs every signature in it: then every byte counts.
    @Test func everyChangedByteIsNoticed() throws {
        let policy = try policy("group both all helper other\nquorum both")
        let file = try proof(extra: [], cosigners: [Fixture.helper, Fixture.other]).serialized()
        for position in file.indices {
            var changed = file
            changed[position] ^= 1 << (position % 7)
            #expect(throws: ProofFailure.self, "byte \(position)") {
                try TlogProof(parsing: changed).verify(entry: Self.entry, policy: policy)
            }
        }
        for length in stride(from: 0, to: file.count, by: 3) {
            #expect(throws: ProofFailure.self, "first \(length) bytes") {
                try TlogProof(parsing: Array(file.prefix(length))).verify(entry: Self.entry, policy: policy)
            }
        }
    }

    static let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

    @Test(arguments: [
        ("", 1), ("c2sp.org/tlog-proof@v2\n", 1), ("c2sp.org/tlog-proof@v1", 1), ("c2sp.org/tlog-proof@v1\n", 1),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n", 2), ("c2sp.org/tlog-proof@v1\nextra !!!!\nindex 0\n\n", 2),
        ("c2sp.org/tlog-proof@v1\nextra AAA=\nextra AAA=\nindex 0\n\n", 3), ("c2sp.org/tlog-proof@v1\nindex\n\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 00\n\n", 2), ("c2sp.org/tlog-proof@v1\nindex -1\n\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\n", 2),
        ("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n", 3),
        ("c2sp.org/tlog-proof@v1\nindex 0\n\(hash)\n\(hash) \n\n", 4),
    ])
    func malformedFilesAreRefusedWithTheLine(file: String, line: Int) throws {
        let failure = #expect(throws: ProofFailure.self) { try TlogProof(parsing: Array(file.utf8)) }
        guard case .malformed(let found, _)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(found == line)
    }

    @Test func pathsLongerThanAnyTreeAreRefused() throws {
        let checkpoint = String(decoding: try Fixture.checkpoint(Fixture.head(1)).serialized(), as: UTF8.self)
        func file(_ count: Int) -> [UInt8] {
            let path = String(repeating: Self.hash + "\n", count: count)
            return Array("c2sp.org/tlog-proof@v1\nindex 0\n\(path)\n\(checkpoint)".utf8)
        }
        #expect(try TlogProof(parsing: file(64)).inclusionProof.count == 64)
        #expect(throws: ProofFailure.malformed(line: 67, reason: "more than 64 hashes")) {
            try TlogProof(parsing: file(65))
        }
    }

    private func expect(_ expected: PolicyFailure, from checkpoint: SignedCheckpoint, _ proof: TlogProof) {
        let changed = TlogProof(index: proof.index, inclusionProof: proof.inclusionProof, checkpoint: checkpoint)
        let failure = #expect(throws: ProofFailure.self) {
            try changed.verify(entry: Self.entry, policy: policy())
        }
        guard case .policy(let found, let verdict)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(found == expected)
        #expect(!verdict.isAccepted)
    }
}
