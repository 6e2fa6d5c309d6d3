// Checkpoints and cosignatures.

import Foundation
import Testing
import TransparencyLog

@Suite struct CheckpointTests {
    static let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

    @Test func exampleOfTheSpecificationIsRead() throws {
        let checkpoint = try Checkpoint(text: Array(Self.text.utf8))
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(base64(checkpoint.root) == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
        #expect(checkpoint.text == Array(Self.text.utf8))
    }

    @Test func extensionLinesAreKept() throws {
        let text = Array((Self.text + "one\ntwo three\n").utf8)
        let checkpoint = try Checkpoint(text: text)
        #expect(checkpoint.extensionLines == ["one", "two three"])
        #expect(checkpoint.text == text)
    }

    @Test(arguments: [
        ("", CheckpointError.truncated),
        ("a\n1\n", .truncated),
        ("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", .truncated),
        (text + "tail", .truncated),
        ("\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedOrigin),
        ("a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedSize),
        ("a\n+1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedSize),
        ("a\n\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedSize),
        ("a\n1 \nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedSize),
        ("a\n18446744073709551616\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .malformedSize),
        ("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", .malformedRoot),
        ("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n", .malformedRoot),
        ("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n", .malformedRoot),
        (text + "\n", .malformedExtensionLine),
        (text + "a\n\nb\n", .malformedExtensionLine),
    ])
    func malformedCheckpointsAreRefused(text: String, error: CheckpointError) {
        #expect(throws: error) { try Checkpoint(text: Array(text.utf8)) }
    }

    @Test func largestSizeIsRead() throws {
        let text = Self.text.replacing("20852163", with: "18446744073709551615")
        #expect(try Checkpoint(text: Array(text.utf8)).size == .max)
    }

    @Test func cosignatureCarriesItsTime() throws {
        let signed = try Fixture.checkpoint(Fixture.head(3), cosigners: [Fixture.helper])
        let parsed = try SignedCheckpoint(parsing: signed.serialized())
        let verified = try parsed.note.verify(with: [Fixture.log.verifier, Fixture.helper.verifier])
        #expect(verified.map(\.timestamp) == [nil, 1_700_000_000])
    }

    @Test func cosignatureWithAnotherTimeIsBad() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(3))
        let line = try Fixture.helper.cosign(checkpoint.checkpoint, timestamp: 1_700_000_000)
        for position in 0..<72 {
            var signature = line.signature
            signature[position] ^= 1
            let id = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: line.keyID >> $0) }
            let forged = try NoteSignature(line: Array("— \(line.name) \(base64(id + signature))\n".utf8))
            var note = checkpoint.note
            try note.append(forged)
            #expect(throws: NoteError.badSignature(keyName: line.name, keyID: line.keyID), "byte \(position)") {
                try note.verify(with: [Fixture.log.verifier, Fixture.helper.verifier])
            }
        }
    }

    @Test func cosignatureCoversExtensionLines() throws {
        let head = Fixture.head(3)
        let plain = try Checkpoint(origin: Fixture.origin, size: head.size, root: head.root)
        let extended = try Checkpoint(origin: Fixture.origin, size: head.size, root: head.root, extensionLines: ["x"])
        let note = try SignedNote(text: extended.text, signatures: [Fixture.helper.cosign(plain, timestamp: 1)])
        #expect(throws: NoteError.self) { try note.verify(with: [Fixture.helper.verifier]) }
    }

    @Test func cosignerAcceptsOnlyTimesTheFormatAllows() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(3)).checkpoint
        for timestamp in [0, 1 << 63, UInt64.max] {
            #expect(throws: NoteError.timestampOutOfRange(timestamp)) {
                try Fixture.helper.cosign(checkpoint, timestamp: timestamp)
            }
        }
        _ = try Fixture.helper.cosign(checkpoint, timestamp: UInt64(Int64.max))
    }

    @Test func cosignerKeyDoesNotVerifyAsNoteKey() throws {
        let sameKey = try NoteSigner(name: "helper.example/w", seed: [UInt8](repeating: 2, count: 32))
        #expect(sameKey.verifier.publicKey == Fixture.helper.verifier.publicKey)
        #expect(sameKey.verifier.keyID != Fixture.helper.verifier.keyID)
        let note = try SignedNote(text: "a\n1\n", signedBy: sameKey)
        #expect(throws: NoteError.noKnownSignature) { try note.verify(with: [Fixture.helper.verifier]) }
    }
}
