import Encodings
import SignatureCases
import Testing

/// `Protocols/vectors/signatures.json`.
@Suite struct SignatureVectorTests {
    private struct Vector: Encodable {
        var name: String
        var publicKey: String
        var signature: String
        var message: String
        var isValid: Bool
    }

    @Test func signatureVectorsAreWhatTheCodeDerives() throws {
        let cases = SignatureCase.all
        #expect(cases.map(\.signed.isValid) == cases.map(\.isValid))
        try VectorFile.check(
            "signatures.json",
            cases.map {
                Vector(
                    name: $0.name, publicKey: Hex.encode($0.signed.publicKey),
                    signature: Hex.encode($0.signed.signature), message: Hex.encode($0.signed.message),
                    isValid: $0.isValid)
            })
    }
}
