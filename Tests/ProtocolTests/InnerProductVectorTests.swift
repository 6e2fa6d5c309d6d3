import Commitments
import Encodings
import Foundation
import Ristretto255
import Testing
import ZeroKnowledge

/// `Protocols/vectors/range-and-linear-form.json`: proofs of the arguments about inner products.
///
/// A proof in that file must verify for ever. A change of format takes a new identifier and new entries; it never
/// rewrites old ones.
@Suite struct InnerProductVectorTests {
    private typealias G = Ristretto255Group

    private static let identifier = "cairn-inner-products_TurboShake128_Ristretto255"
    private static let application = "cairn test vectors v1"
    private static let fileName = "range-and-linear-form.json"

    private struct Vectors: Codable {
        var identifier: String
        var application: String
        var generators: [String: String]
        var linearForm: [LinearForm]
        var range: [Range]
    }

    private struct LinearForm: Codable {
        var name: String
        var coefficients: String
        var values: [Int64]
        var blind: String
        var noteBlind: String
        var digest: String
        var session: String
        var statement: String
        var proof: String
    }

    private struct Range: Codable {
        var name: String
        var bits: Int
        var values: [UInt64]
        var blinds: String
        var session: String
        var statement: String
        var proof: String
    }

    /// The randomness of one vector, in the manner of the sigma draft's.
    private struct VectorRandomness: RandomNumberGenerator {
        private var sponge: DuplexSponge

        init(_ kind: String, _ name: String) {
            let tag = "TestDRNG-\(kind)-\(identifier)-\(name)"
            sponge = DuplexSponge(SessionID(tag: Array(tag.utf8), suite: .turboSHAKE128), suite: .turboSHAKE128)
        }

        mutating func next() -> UInt64 {
            sponge.squeeze(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func session(_ kind: String) -> String {
        let tag = "\(application)-\(kind)-with-\(identifier)"
        return Hex.encode(SessionID(tag: Array(tag.utf8), suite: .turboSHAKE128).bytes)
    }

    private static func commit(_ value: Scalar, _ blind: Scalar) -> RistrettoPoint {
        value * Generators.shared.noteBase + blind * Generators.shared.blinding
    }

    // MARK: Making them

    private static func generators() -> [String: String] {
        func derived(_ tag: String, _ index: UInt64) -> String {
            let message = (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * UInt64($0))) }
            return Hex.encode(RistrettoPoint.hash(message, domainSeparationTag: Array(tag.utf8)).encoded())
        }
        var generators = ["B": derived("cairn generator B v1", 0), "H": derived("cairn generator H v1", 0)]
        for index: UInt64 in [0, 1, 63] { generators["G_\(index)"] = derived("cairn generator G v1", index) }
        for (value, bit) in [(UInt64(0), UInt64(0)), (0, 63), (1, 0), (31, 63)] {
            generators["range G_{\(value),\(bit)}"] = derived("cairn range generator G v1", 64 * value + bit)
            generators["range H_{\(value),\(bit)}"] = derived("cairn range generator H v1", 64 * value + bit)
        }
        return generators
    }

    private static func linearForm(_ name: String, _ coefficients: [Int64], _ values: [Int64]) throws -> LinearForm {
        var random = VectorRandomness("LinearForm", name)
        let (blind, noteBlind) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        let form = try ZeroKnowledge.LinearForm(integers: coefficients)
        let statement = try LinearFormStatement(
            form: form,
            commitment: PedersenVector.commit(scalars: values.map { Scalar(signed: $0) }, blind: blind),
            note: commit(form.value(at: values), noteBlind))
        let proof = try LinearFormProofs(application: application)
            .prove(statement, values: values, blind: blind, noteBlind: noteBlind, using: &random)
        return LinearForm(
            name: name, coefficients: Hex.encode(G.encode(form.coefficients)), values: values,
            blind: Hex.encode(blind.encoded()), noteBlind: Hex.encode(noteBlind.encoded()),
            digest: Hex.encode(form.digest), session: session("LinearForm"),
            statement: Hex.encode(statement.encoding), proof: Hex.encode(proof.bytes))
    }

    private static func range(_ name: String, _ bits: RangeStatement.Bits, _ values: [UInt64]) throws -> Range {
        var random = VectorRandomness("Range", name)
        let blinds = values.map { _ in G.randomScalar(using: &random) }
        let statement = try RangeStatement(
            bits: bits, commitments: zip(values, blinds).map { commit(Scalar($0), $1) })
        let proof = try RangeProofs(application: application)
            .prove(statement, values: values, blinds: blinds, using: &random)
        return Range(
            name: name, bits: bits.rawValue, values: values, blinds: Hex.encode(G.encode(blinds)),
            session: session("Range"), statement: Hex.encode(statement.encoding), proof: Hex.encode(proof.bytes))
    }

    @Test func proofsAreWhatTheCodeMakes() throws {
        let long = (0..<100).map { Int64($0) }
        let vectors = Vectors(
            identifier: Self.identifier, application: Self.application, generators: Self.generators(),
            linearForm: [
                try Self.linearForm("one", [7], [-5]),
                try Self.linearForm("two", [1, -1], [.min, .max]),
                try Self.linearForm("five", [3, 0, -2, 1_000_000, 4], [10, -20, 30, 0, 65_535]),
                try Self.linearForm("hundred", long.map { $0 * $0 - 2_500 }, long.map { 50 - $0 }),
            ],
            range: [
                try Self.range("8 bits", .eight, [255]),
                try Self.range("16 bits, two values", .sixteen, [0, 65_535]),
                try Self.range("32 bits, four values", .thirtyTwo, [1, 2, 4_294_967_295, 0]),
                try Self.range("64 bits", .sixtyFour, [.max]),
            ])
        try VectorFile.check(Self.fileName, vectors, isPinned: true)
    }

    // MARK: Reading them

    private static func scalars(_ hex: String) throws -> [Scalar] {
        let bytes = try #require(Hex.decode(hex))
        return try stride(from: 0, to: bytes.count, by: 32).map { try Scalar.decode(bytes[$0..<$0 + 32]) }
    }

    /// From the file alone, as anybody else would read it.
    @Test func storedProofsVerify() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/vectors/\(Self.fileName)").standardizedFileURL
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let vectors = try decoder.decode(Vectors.self, from: Data(contentsOf: url))
        #expect(vectors.identifier == Self.identifier)
        #expect(vectors.linearForm.count == 4 && vectors.range.count == 4)

        for vector in vectors.linearForm {
            let encoding = try #require(Hex.decode(vector.statement))
            let statement = try LinearFormStatement(
                form: ZeroKnowledge.LinearForm(Self.scalars(vector.coefficients)),
                commitment: RistrettoPoint.decode(encoding[36..<68]), note: RistrettoPoint.decode(encoding[68...]))
            #expect(statement.encoding == encoding && Hex.encode(statement.form.digest) == vector.digest)
            #expect(vector.session == Self.session("LinearForm"))
            let proof = try LinearFormProof(
                decoding: #require(Hex.decode(vector.proof)), count: statement.form.count)
            try LinearFormProofs(application: vectors.application).verify(proof, of: statement)
        }
        for vector in vectors.range {
            let encoding = try #require(Hex.decode(vector.statement))
            let statement = try RangeStatement(
                bits: #require(RangeStatement.Bits(rawValue: vector.bits)),
                commitments: stride(from: 8, to: encoding.count, by: 32).map {
                    try RistrettoPoint.decode(encoding[$0..<$0 + 32])
                })
            #expect(statement.encoding == encoding && vector.session == Self.session("Range"))
            let proof = try RangeProof(
                decoding: #require(Hex.decode(vector.proof)), bits: statement.bits,
                count: statement.commitments.count)
            try RangeProofs(application: vectors.application).verify(proof, of: statement)
        }
    }
}
