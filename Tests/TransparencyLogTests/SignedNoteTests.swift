// The specification's example first, then each rule of the format by a note that breaks it.

import Encodings
import Foundation
import Testing
import TransparencyLog

@Suite struct SignedNoteTests {
    static let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    static let line =
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    static let text = "This is an example message.\n"
    static let note = text + "\n" + line

    private func parse(_ note: String) throws(NoteError) -> SignedNote {
        try SignedNote(parsing: Array(note.utf8))
    }

    @Test func exampleOfTheSpecificationVerifies() throws {
        let verifier = try NoteVerifier(vkey: Self.vkey)
        #expect(verifier.name == "example.com/foo")
        #expect(verifier.keyID == 0x530d_903a)
        #expect(verifier.type == .ed25519)
        #expect(verifier.vkey == Self.vkey)

        let note = try parse(Self.note)
        #expect(note.text == Array(Self.text.utf8))
        #expect(note.serialized() == Array(Self.note.utf8))
        #expect(try note.verify(with: [verifier]).map(\.verifier) == [verifier])
    }

    @Test func everyChangedByteOfTheTextSpoilsTheSignature() throws {
        let verifier = try NoteVerifier(vkey: Self.vkey)
        for position in Self.text.utf8.indices.dropLast() {
            var text = Array(Self.text.utf8)
            text[Self.text.utf8.distance(from: Self.text.utf8.startIndex, to: position)] ^= 1
            let note = try SignedNote(parsing: text + Array("\n\(Self.line)".utf8))
            #expect(throws: NoteError.badSignature(keyName: "example.com/foo", keyID: 0x530d_903a)) {
                try note.verify(with: [verifier])
            }
        }
    }

    @Test func signaturesRoundTripThroughTheirTextForms() throws {
        let signer = try NoteSigner(name: "node.example/π")
        let note = try SignedNote(text: "zeile\n\nzwei: ü\n", signedBy: NoteSigner(skey: signer.skey))
        let parsed = try SignedNote(parsing: note.serialized())
        #expect(parsed == note)
        #expect(parsed.text == Array("zeile\n\nzwei: ü\n".utf8))
        #expect(try parsed.verify(with: [NoteVerifier(vkey: signer.verifier.vkey)]).count == 1)
    }

    @Test func unknownKeysAreIgnoredEvenWithAKnownNameOrID() throws {
        let known = try NoteVerifier(vkey: Self.vkey)
        let impostor = try NoteSigner(name: "example.com/foo", seed: [UInt8](repeating: 9, count: 32))
        let line = Self.line.replacing("example.com/foo", with: "example.com/bar")
        let renamed = try NoteSignature(line: Array(line.utf8))
        var note = try parse(Self.note)
        try note.append(impostor.sign(note.text))
        try note.append(renamed)
        #expect(try note.verify(with: [known]).count == 1)

        let onlyUnknown = try SignedNote(text: note.text, signatures: [impostor.sign(note.text), renamed])
        #expect(throws: NoteError.noKnownSignature) { try onlyUnknown.verify(with: [known]) }
        #expect(throws: NoteError.noKnownSignature) { try note.verify(with: []) }
    }

    @Test func oneBadSignatureByAKnownKeyRejectsTheNote() throws {
        let signer = Fixture.log
        let good = try signer.sign(Array("a\n".utf8))
        let bad = try signer.sign(Array("b\n".utf8))
        let other = try NoteSigner(name: "other.example")
        let orders = [
            [good, bad], [bad, good], [try other.sign(Array("a\n".utf8)), bad],
        ]
        for signatures in orders {
            let note = try SignedNote(text: Array("a\n".utf8), signatures: signatures)
            #expect(throws: NoteError.badSignature(keyName: Fixture.origin, keyID: signer.verifier.keyID)) {
                try note.verify(with: [signer.verifier, other.verifier])
            }
        }
    }

    @Test func signatureOfTheWrongLengthIsBad() throws {
        let text = Array("a\n".utf8)
        let signature = try Fixture.log.sign(text)
        let id = Fixture.log.verifier.keyID
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: id >> $0) } + signature.signature.dropLast()
        let short = try NoteSignature(line: Array("— \(Fixture.origin) \(base64(bytes))\n".utf8))
        #expect(throws: NoteError.badSignature(keyName: Fixture.origin, keyID: id)) {
            try SignedNote(text: text, signatures: [short]).verify(with: [Fixture.log.verifier])
        }
    }

    @Test func controlCharactersAndBadUTF8AreRefused() {
        for byte in (0..<0x20 as Range<UInt8>) where byte != 0x0A {
            let bytes = Array("text".utf8) + [byte] + Array("\n\n\(Self.line)".utf8)
            #expect(throws: NoteError.malformedText) { try SignedNote(parsing: bytes) }
        }
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x80]] as [[UInt8]] {
            #expect(throws: NoteError.malformedText) {
                try SignedNote(parsing: bytes + Array("\n\n\(Self.line)".utf8))
            }
        }
        #expect(throws: NoteError.malformedText) { try Fixture.log.sign(Array("tab\t\n".utf8)) }
    }

    @Test(arguments: ["", "text\n", "text\n— example.com/foo Uw2QOkn8\n"])
    func noteWithoutEmptyLineIsRefused(note: String) {
        #expect(throws: NoteError.missingSeparator) { try parse(note) }
    }

    @Test(arguments: [
        "", "\n", "— example.com/foo Uw2QOkn8", "— example.com/foo Uw2QOkn8\n\n", "— example.com/foo Uw2QOkn8\nmore\n",
        "- example.com/foo Uw2QOkn8\n", "—example.com/foo Uw2QOkn8\n", "— example.com/foo  Uw2QOkn8\n",
        "— example.com/foo Uw2QOkn8 \n", "— example.com/foo\n", "—  Uw2QOkn8\n", "— exam+ple Uw2QOkn8\n",
        "— exam\u{2003}ple Uw2QOkn8\n", "— exam\u{85}ple Uw2QOkn8\n", "— foo Uw2QOg==\n", "— foo Uw2QOkn\n",
        "— foo Uw2QOk-_\n", "— foo Uw2QOkk\n", "— foo Uw2QOkl=\n",
    ])
    func malformedSignatureLinesAreRefused(lines: String) {
        #expect(throws: NoteError.malformedSignatureLine) { try parse("text\n\n" + lines) }
    }

    @Test func sizeAndNumberOfSignaturesAreBounded() throws {
        let lines = (0..<101).map { "— key\($0) Uw2QOkn8\n" }
        #expect(try parse("a\n\n" + lines.prefix(100).joined()).signatures.count == 100)
        #expect(throws: NoteError.tooManySignatures(101)) { try parse("a\n\n" + lines.joined()) }
        let long = String(repeating: "a", count: 1_000_000)
        #expect(throws: NoteError.self) { try parse(long + "\n\n" + Self.line) }
        #expect(throws: NoteError.self) { try Fixture.log.sign(Array((long + "\n").utf8)) }
    }

    @Test(arguments: [
        ("", NoteKeyError.malformedKey),
        ("example.com/foo", .malformedKey),
        ("example.com/foo+530d903a", .malformedKey),
        ("example.com/foo+530d903a+", .malformedKey),
        (
            "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            .wrongKeyID(expected: "530d903a", found: "530D903A")
        ),
        (
            "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            .wrongKeyID(expected: "530d903a", found: "530d903b")
        ),
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2", .malformedKey),
        ("example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .unsupportedType(6)),
        ("example.com/foo+530d903a+AekyeRrm", .wrongKeyLength(5)),
        ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .malformedName("")),
        ("a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", .malformedName("a b")),
    ])
    func malformedVerifierKeysAreRefused(vkey: String, error: NoteKeyError) {
        #expect(throws: error) { try NoteVerifier(vkey: vkey) }
    }

    @Test func secretKeysAreForOneKindOfSignatureOnly() throws {
        #expect(throws: NoteKeyError.unsupportedType(4)) { try NoteSigner(skey: Fixture.helper.skey) }
        #expect(throws: NoteKeyError.unsupportedType(1)) { try Cosigner(skey: Fixture.log.skey) }
        #expect(throws: NoteKeyError.malformedKey) { try NoteSigner(skey: Fixture.log.verifier.vkey) }
        #expect(throws: NoteKeyError.wrongKeyLength(31)) {
            try NoteSigner(name: "a", seed: [UInt8](repeating: 0, count: 31))
        }
        #expect(try Cosigner(skey: Fixture.helper.skey).verifier == Fixture.helper.verifier)
    }

    @Test func namesAreComparedAsBytes() throws {
        // The same letter, composed and decomposed: equal to Swift's String, different to the standard.
        let composed = try NoteVerifier(name: "\u{E9}", type: .ed25519, publicKey: Fixture.log.verifier.publicKey)
        let decomposed = try NoteVerifier(name: "e\u{301}", type: .ed25519, publicKey: Fixture.log.verifier.publicKey)
        #expect(composed.name == decomposed.name)
        #expect(composed != decomposed)
        #expect(composed.keyID != decomposed.keyID)
    }

    /// Under such a key everybody signs checkpoints, or cosigns them.
    @Test(arguments: [SignatureType.ed25519, .cosignatureV1])
    func aKeyThatNobodyHoldsIsNoVerifier(type: SignatureType) throws {
        let ones = [UInt8](repeating: 0xff, count: 30)
        let zeros = [UInt8](repeating: 0, count: 31)
        var keys = [[0] + zeros, [1] + zeros] + [0xec, 0xed, 0xee].map { [$0] + ones + [0x7f] }
        keys += try [
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ].map { try #require(Hex.decode($0)) }
        for key in keys {
            for sign in [0, 0x80] as [UInt8] {
                #expect(throws: NoteKeyError.weakKey) {
                    _ = try NoteVerifier(name: "log.example", type: type, publicKey: key.dropLast() + [key[31] | sign])
                }
            }
        }
    }
}

/// Foundation's encoder as an independent opinion on base64.
func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
}
