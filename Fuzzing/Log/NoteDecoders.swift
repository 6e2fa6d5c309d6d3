import TransparencyLog

extension Decoder {
    /// Notes and everything that is written as text around them.
    static let notes: [Decoder] = [
        signedNote, checkpoint, noteSignature, verifierKey, secretKey, policy, proof, addCheckpoint, witnessResponse,
    ]

    private static let signedNote = Decoder(
        "signed-note", seeds: { _ in try noteSeeds() },
        run: { input in
            if let note = canonical(input, "signed note", SignedNote.init(parsing:), { $0.serialized() }) {
                _ = try? note.verify(with: [SampleLog.shared.signer.verifier, SampleLog.shared.witness.verifier])
            }
        })

    private static func noteSeeds() throws -> [[UInt8]] {
        let log = SampleLog.shared
        return [
            log.checkpoint.serialized(),
            try SignedNote(text: "Grüße\n\nzweiter Absatz\n", signedBy: log.signer).serialized(),
        ]
    }

    private static let checkpoint = Decoder(
        "checkpoint",
        seeds: { _ in
            let log = SampleLog.shared
            let extended = try Checkpoint(
                origin: "o", size: .max, root: [UInt8](repeating: 1, count: 32), extensionLines: ["a b", "c"])
            return try noteSeeds() + [log.checkpoint.checkpoint.text, extended.text]
        },
        run: { input in
            canonical(input, "checkpoint", Checkpoint.init(text:)) { $0.text }
            let signed = canonical(input, "signed checkpoint", SignedCheckpoint.init(parsing:)) { $0.serialized() }
            if let signed { describe(SampleLog.shared.policy.evaluate(signed)) }
        })

    private static let noteSignature = Decoder(
        "note-signature", maximumLength: 300,
        seeds: { _ in SampleLog.shared.checkpoint.note.signatures.map { Array($0.line.utf8) } },
        run: { canonical($0, "signature line", NoteSignature.init(line:)) { Array($0.line.utf8) } })

    private static let verifierKey = Decoder(
        "verifier-key", maximumLength: 200,
        seeds: { _ in
            [SampleLog.shared.signer.verifier, SampleLog.shared.witness.verifier].map { Array($0.vkey.utf8) }
        },
        run: { input in
            // A key is given as text; bytes that are no text never get here.
            guard let text = String(validating: input, as: UTF8.self) else { return }
            canonical(input, "verifier key", { _ in try NoteVerifier(vkey: text) }) { Array($0.vkey.utf8) }
        })

    private static let secretKey = Decoder(
        "secret-key", maximumLength: 200,
        seeds: { _ in [Array(SampleLog.shared.signer.skey.utf8), Array(SampleLog.shared.witness.skey.utf8)] },
        run: { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            canonical(input, "signer's key", { _ in try NoteSigner(skey: text) }) { Array($0.skey.utf8) }
            canonical(input, "cosigner's key", { _ in try Cosigner(skey: text) }) { Array($0.skey.utf8) }
        })

    private static let policy = Decoder(
        "log-policy", maximumLength: 2048,
        seeds: { _ in [Array(SampleLog.shared.policyText.utf8), Array(SampleTask.policy.utf8)] },
        run: { input in
            do {
                let policy = try LogPolicy(parsing: input)
                describe(policy.evaluate(SampleLog.shared.checkpoint, knownLogs: [SampleLog.shared.signer.verifier]))
            } catch {
                describe(error)
            }
        })

    private static let proof = Decoder(
        "tlog-proof", maximumLength: 2048, seeds: { _ in [SampleLog.shared.receipt.serialized()] },
        run: { input in
            guard let proof = canonical(input, "proof", TlogProof.init(parsing:), { $0.serialized() }) else { return }
            do {
                try proof.verify(entry: proof.extra, policy: SampleLog.shared.policy)
                guard proof.extra == SampleLog.shared.entries[Int(proof.index)] else {
                    broken("a proof shows what is in the log", by: input)
                }
            } catch {
                describe(error)
            }
        })

    private static let addCheckpoint = Decoder(
        "add-checkpoint-request", maximumLength: 2048,
        seeds: { generator in
            [
                AddCheckpointRequest(
                    oldSize: 20, proof: [generator.bytes(32), generator.bytes(32)],
                    checkpoint: SampleLog.shared.checkpoint
                ).serialized(),
                AddCheckpointRequest(oldSize: 0, proof: [], checkpoint: SampleLog.shared.checkpoint).serialized(),
            ]
        },
        run: { input in
            let request = canonical(input, "add-checkpoint request", AddCheckpointRequest.init(parsing:)) {
                $0.serialized()
            }
            guard let request else { return }
            let witness = Witness(logs: [SampleLog.shared.signer.verifier])
            for latest in [nil, TreeHead(size: 20, root: [UInt8](repeating: 1, count: 32))] {
                _ = witness.decide(request, latest: latest)
            }
        })

    /// The first byte chooses the HTTP status.
    private static let witnessResponse = Decoder(
        "witness-response",
        seeds: { _ in
            let lines = SampleLog.shared.checkpoint.note.signatures.map { Array($0.line.utf8) }
            return [[0] + lines[1], [0] + lines[0] + lines[1], [1] + Array("260\n".utf8), [2] + Array("no".utf8)]
        },
        run: { input in
            do {
                _ = try WitnessResponse(
                    status: [200, 409, 500][Int(input.first ?? 0) % 3], body: Array(input.dropFirst()),
                    checkpoint: SampleLog.shared.checkpoint, witnesses: [SampleLog.shared.witness.verifier])
            } catch {
                describe(error)
            }
        })
}
