// The witness: one honest run, then every attack and mistake with the status that the protocol prescribes.

import Testing
import TransparencyLog

@Suite struct WitnessTests {
    private let witness = Witness(logs: [Fixture.log.verifier])
    private let leaves = Fixture.leafHashes(50)

    private func request(
        from old: Int, to new: Int, proof: [[UInt8]]? = nil, checkpoint: SignedCheckpoint? = nil
    ) throws -> AddCheckpointRequest {
        let larger = Array(leaves.prefix(max(old, new)))
        let path = old == 0 ? [] : try MerkleTree.consistencyProof(from: UInt64(old), leafHashes: larger)
        return AddCheckpointRequest(
            oldSize: UInt64(old), proof: proof ?? path,
            checkpoint: try checkpoint ?? Fixture.checkpoint(Fixture.head(new)))
    }

    private func expectRefusal(
        _ request: AddCheckpointRequest, latest: TreeHead?, _ refusal: WitnessRefusal, status: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(witness.decide(request, latest: latest) == .refuse(refusal), sourceLocation: sourceLocation)
        #expect(refusal.status == status, sourceLocation: sourceLocation)
    }

    @Test func growingLogIsCosignedStepByStep() throws {
        var latest: TreeHead?
        var old = 0
        for new in [0, 1, 1, 7, 8, 50] {
            let body = try request(from: old, to: new).serialized()
            let request = try AddCheckpointRequest(parsing: body)
            #expect(request.serialized() == body)
            guard case .accept(let acceptance) = witness.decide(request, latest: latest) else {
                Issue.record("refused \(old) to \(new)")
                return
            }
            #expect(acceptance.previous == latest)
            #expect(acceptance.head == Fixture.head(new))
            let answer = try acceptance.cosigned(by: Fixture.helper, timestamp: 1_700_000_000)

            let response = try WitnessResponse(
                status: 200, body: answer.responseBody, checkpoint: request.checkpoint,
                witnesses: [Fixture.helper.verifier])
            guard case .cosigned(let signatures) = response else {
                Issue.record("\(response)")
                return
            }
            #expect(signatures.map(\.timestamp) == [1_700_000_000])
            let keys = [Fixture.log.verifier, Fixture.helper.verifier]
            #expect(try answer.monitoringCheckpoint.note.verify(with: keys).count == 2)
            latest = acceptance.head
            old = new
        }
    }

    @Test func unknownOriginIs404() throws {
        let stranger = try NoteSigner(name: "stranger.example")
        let checkpoint = try SignedCheckpoint(
            Checkpoint(origin: "stranger.example", size: 1, root: leaves[0]), signedBy: stranger)
        expectRefusal(
            try request(from: 0, to: 1, checkpoint: checkpoint), latest: nil,
            .unknownLog(origin: "stranger.example"), status: 404)
    }

    @Test func missingOrBadLogSignatureIs403() throws {
        let checkpoint = try Checkpoint(origin: Fixture.origin, size: 1, root: leaves[0])
        let stranger = try NoteSigner(name: Fixture.origin)
        expectRefusal(
            try request(from: 0, to: 1, checkpoint: SignedCheckpoint(checkpoint, signedBy: stranger)), latest: nil,
            .untrusted(.noKnownSignature), status: 403)

        let moved = try SignedNote(
            text: checkpoint.text, signatures: Fixture.checkpoint(Fixture.head(2)).note.signatures)
        expectRefusal(
            try request(from: 0, to: 1, checkpoint: SignedCheckpoint(moved)), latest: nil,
            .untrusted(.badSignature(keyName: Fixture.origin, keyID: Fixture.log.verifier.keyID)), status: 403)
    }

    @Test func oldSizeAboveTheCheckpointIs400() throws {
        expectRefusal(
            try request(from: 9, to: 8), latest: Fixture.head(9), .oldSizeTooLarge(old: 9, checkpoint: 8), status: 400)
    }

    @Test func wrongOldSizeIs409WithTheLatestSize() throws {
        let refusal = WitnessRefusal.conflict(latest: 20)
        for old in [0, 10, 21] {
            expectRefusal(try request(from: old, to: 50), latest: Fixture.head(20), refusal, status: 409)
        }
        expectRefusal(try request(from: 10, to: 50), latest: nil, .conflict(latest: 0), status: 409)
        #expect(refusal.contentType == "text/x.tlog.size")
        #expect(refusal.body == Array("20\n".utf8))
        let response = try WitnessResponse(
            status: 409, body: refusal.body, checkpoint: Fixture.checkpoint(Fixture.head(50)), witnesses: [])
        #expect(response == .conflict(latest: 20))
    }

    @Test func rewindIsRefused() throws {
        // A log that goes back must name either the size it goes back to, or the size the witness has.
        expectRefusal(try request(from: 10, to: 10), latest: Fixture.head(20), .conflict(latest: 20), status: 409)
        expectRefusal(
            try request(from: 20, to: 10), latest: Fixture.head(20), .oldSizeTooLarge(old: 20, checkpoint: 10),
            status: 400)
    }

    @Test func splitViewOfTheSameSizeIs422() throws {
        var others = leaves
        others[3] = MerkleTree.leafHash([])
        let root = MerkleTree.root(leafHashes: Array(others.prefix(20)))
        let fork = try Fixture.checkpoint(TreeHead(size: 20, root: root))
        expectRefusal(
            try request(from: 20, to: 20, checkpoint: fork), latest: Fixture.head(20), .inconsistent(.rootMismatch),
            status: 422)
    }

    @Test func forkIs422WhateverItsProofClaims() throws {
        var others = leaves
        others[3] = MerkleTree.leafHash([])
        let fork = try Fixture.checkpoint(TreeHead(size: 50, root: MerkleTree.root(leafHashes: others)))
        let proofs = [
            try MerkleTree.consistencyProof(from: 20, leafHashes: others),
            try MerkleTree.consistencyProof(from: 20, leafHashes: leaves), [],
        ]
        for proof in proofs {
            let decision = witness.decide(
                try request(from: 20, to: 50, proof: proof, checkpoint: fork), latest: Fixture.head(20))
            guard case .refuse(.inconsistent(let reason)) = decision else {
                Issue.record("\(decision)")
                continue
            }
            #expect(WitnessRefusal.inconsistent(reason).status == 422)
        }
    }

    @Test func proofFromNothingIs422() throws {
        for latest in [nil, TreeHead.empty] {
            expectRefusal(
                try request(from: 0, to: 8, proof: [leaves[0]]), latest: latest, .unexpectedProof, status: 422)
        }
        let proof = [leaves[0]]
        expectRefusal(
            try request(from: 8, to: 8, proof: proof), latest: Fixture.head(8), .inconsistent(.wrongProofLength(1)),
            status: 422)
    }

    @Test func emptyTreeHasOneRoot() throws {
        let wrong = try Fixture.checkpoint(TreeHead(size: 0, root: leaves[0]))
        for latest in [nil, TreeHead.empty] {
            expectRefusal(try request(from: 0, to: 0, checkpoint: wrong), latest: latest, .wrongEmptyRoot, status: 422)
        }
    }

    @Test func strangersSignaturesAreNotPassedOn() throws {
        let stranger = try NoteSigner(name: "stranger.example")
        var checkpoint = try Fixture.checkpoint(Fixture.head(8), cosigners: [Fixture.other])
        try checkpoint.append(stranger.sign(checkpoint.note.text))
        let decision = witness.decide(try request(from: 0, to: 8, checkpoint: checkpoint), latest: nil)
        guard case .accept(let acceptance) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(acceptance.checkpoint.note.signatures.map(\.name) == [Fixture.origin])
    }

    @Test(arguments: [
        "", "old 0", "old 0\n", "old\n\n", "old 00\n\n", "old -1\n\n", "old 18446744073709551616\n\n", "Old 0\n\n",
        "old 0\nAAAA\n\n", "old 0\n\n", "old 0\n\nnot a checkpoint\n", "old 0 \n\n", "new 0\n\n",
    ])
    func malformedBodiesAre400(prefix: String) throws {
        let refusal = #expect(throws: WitnessRefusal.self) { try AddCheckpointRequest(parsing: Array(prefix.utf8)) }
        #expect(refusal?.status == 400)
    }

    @Test func proofsAreBounded() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(8))
        func body(_ count: Int) -> [UInt8] {
            AddCheckpointRequest(oldSize: 1, proof: Array(repeating: leaves[0], count: count), checkpoint: checkpoint)
                .serialized()
        }
        #expect(try AddCheckpointRequest(parsing: body(63)).proof.count == 63)
        #expect(throws: WitnessRefusal.malformed("more than 63 hashes")) { try AddCheckpointRequest(parsing: body(64)) }
    }

    @Test func answersWithoutAGoodCosignatureAreRefused() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(8))
        let keys = [Fixture.helper.verifier]
        func read(_ body: String) throws(NoteError) -> WitnessResponse {
            try WitnessResponse(status: 200, body: Array(body.utf8), checkpoint: checkpoint, witnesses: keys)
        }
        let good = try Fixture.helper.cosign(checkpoint.checkpoint, timestamp: 5).line
        let stranger = try Fixture.other.cosign(checkpoint.checkpoint, timestamp: 5).line
        let wrong = try Fixture.helper.cosign(Fixture.checkpoint(Fixture.head(9)).checkpoint, timestamp: 5).line
        guard case .cosigned(let signatures) = try read(stranger + good) else {
            Issue.record("a good answer was not read")
            return
        }
        #expect(signatures.map(\.verifier) == keys)
        let later = try (1...9).map { try Fixture.helper.cosign(checkpoint.checkpoint, timestamp: $0).line }
        guard case .cosigned(let newest) = try read(later.joined() + good + later[8]) else {
            Issue.record("several cosignatures of one key were not read")
            return
        }
        #expect(newest.map(\.timestamp) == [9], "the newest of each key, once")
        #expect(throws: NoteError.noKnownSignature) { try read(stranger) }
        #expect(throws: NoteError.badSignature(keyName: "helper.example/w", keyID: keys[0].keyID)) {
            try read(good + wrong)
        }
        for body in ["", "\n", good.dropLast() + "", good + "\n", "hello\n"] {
            #expect(throws: NoteError.malformedSignatureLine) { try read(body) }
        }
    }

    @Test func otherStatusesAreReportedWithTheirBody() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(8))
        for (status, body) in [(404, "who?\n"), (409, "no number"), (409, "7"), (500, "")] {
            let response = try WitnessResponse(
                status: status, body: Array(body.utf8), checkpoint: checkpoint, witnesses: [])
            #expect(response == .refused(status: status, message: body))
        }
    }

    @Test func monitoringPathIsTheHashOfTheOrigin() {
        // SHA-256("abc"), FIPS 180-4's example.
        #expect(
            Witness.monitoringPath(origin: "abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad/checkpoint")
    }
}
