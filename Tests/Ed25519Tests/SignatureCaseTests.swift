import CSodium
import Crypto
import Ed25519
import SignatureCases
import TestSupport
import Testing

/// The edges of the definition, and other implementations where they must agree.
@Suite struct SignatureCaseTests {
    init() {
        precondition(sodium_init() >= 0)
    }

    @Test(arguments: SignatureCase.all) func everyEdgeCaseIsJudgedAsTheDefinitionSays(edge: SignatureCase) {
        #expect(edge.signed.isValidByDefinition == edge.isValid)
        #expect(edge.signed.isValid == edge.isValid)
    }

    @Test func casesOfMixedOrderAreThoseThatOthersJudgeDifferently() throws {
        for edge in SignatureCase.all where edge.name.hasSuffix("mixed order") {
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: edge.signed.publicKey)
            #expect(edge.isValid && !key.isValidSignature(edge.signed.signature, for: edge.signed.message))
            #expect(!edge.signed.holdsWithoutCofactor)
        }
        let cancelling = try #require(SignatureCase.all.first { $0.name.hasSuffix("cancel") })
        #expect(cancelling.signed.holdsWithoutCofactor)
        let small = try #require(SignatureCase.all.first { $0.name.contains("small order, 0·T") })
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: small.signed.publicKey)
        #expect(key.isValidSignature(small.signed.signature, for: small.signed.message))
        #expect(key.isValidSignature(small.signed.signature, for: Array("anything".utf8)))
    }

    @Test func allCasesInOneBatchAreJudgedAsOneByOne() {
        var random = SeededGenerator()
        for _ in 0..<10 {
            let cases = SignatureCase.all.shuffled(using: &random)
            #expect(SignedMessage.areValid(cases.map(\.signed)) == cases.map(\.isValid))
        }
    }

    /// RFC 8032 §7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
                + "387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func signaturesOfTheStandardAreValid(key: String, message: String, signature: String) throws {
        let signed = SignedMessage(
            publicKey: try bytes(hex: key), signature: try bytes(hex: signature), message: try bytes(hex: message))
        #expect(signed.isValid && signed.isValidByDefinition)
    }

    /// What honest signers make, and what becomes of it when a bit is flipped, no implementation judges differently.
    @Test func librariesAgreeOnHonestSignaturesAndOnFlippedBits() throws {
        var random = SeededGenerator()
        for round in 0..<200 {
            let key = Curve25519.Signing.PrivateKey()
            let message = random.bytes(round)
            let honest = SignedMessage(
                publicKey: Array(key.publicKey.rawRepresentation),
                signature: Array(try key.signature(for: message)), message: message)
            #expect(honest.isValid)
            let flipped = honest.flipping(bit: Int.random(in: 0..<8 * (96 + round), using: &random))
            let theirs = crypto_sign_verify_detached(
                flipped.signature, flipped.message, UInt64(flipped.message.count), flipped.publicKey)
            let swiftCrypto = try Curve25519.Signing.PublicKey(rawRepresentation: flipped.publicKey)
            #expect(!flipped.isValid && theirs != 0)
            #expect(!swiftCrypto.isValidSignature(flipped.signature, for: flipped.message))
        }
    }

    @Test func everyFlippedBitOfASignatureIsFound() {
        let honest = Signer(seed: [1]).sign(Array("a message".utf8))
        let flipped = (0..<8 * (96 + honest.message.count)).map { honest.flipping(bit: $0) }
        #expect(flipped.allSatisfy { !$0.isValid })
        #expect(SignedMessage.areValid(flipped).allSatisfy { !$0 })
    }
}
