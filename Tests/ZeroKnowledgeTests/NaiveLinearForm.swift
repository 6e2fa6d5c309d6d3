import Commitments
import Ristretto255
import ZeroKnowledge

/// The linear-form argument as its page writes it down: generators folded one by one in every round. Slow, and
/// independent of the code under test. As a prover it also does what it is told, so that cheating can be tried.
struct NaiveLinearForm {
    let application: String
    let coefficients: [Scalar]
    let commitment: RistrettoPoint
    let note: RistrettoPoint

    private let base = Generators.shared.noteBase
    private let blinding = Generators.shared.blinding

    init(application: String, coefficients: [Scalar], commitment: RistrettoPoint, note: RistrettoPoint) {
        self.application = application
        self.coefficients = coefficients
        self.commitment = commitment
        self.note = note
    }

    private func transcript(_ proof: [UInt8] = []) -> NaiveTranscript {
        let digestTag = "cairn-linear-form-coefficients_TurboShake128_Ristretto255"
        let session = SessionID(tag: Array(digestTag.utf8), suite: .turboSHAKE128)
        var sponge = DuplexSponge(session, suite: .turboSHAKE128)
        sponge.absorb(NaiveTranscript.number(coefficients.count))
        for coefficient in coefficients { sponge.absorb(coefficient.encoded()) }
        return NaiveTranscript(
            application: application, kind: "LinearForm",
            statement: NaiveTranscript.number(coefficients.count) + sponge.squeeze(32) + commitment.encoded()
                + note.encoded(), proof: proof)
    }

    /// G_k + w·λ_k·B.
    private func generators(_ w: Scalar) -> [RistrettoPoint] {
        zip(Generators.shared.prefix(coefficients.count), coefficients).map { $0 + w * $1 * base }
    }

    /// - Parameter vector: what the prover claims C + w·K to commit to, once w is known.
    func prove(
        vector: (Scalar) -> [Scalar], blind r: Scalar, value v: Scalar, noteBlind t: Scalar,
        using random: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        typealias G = Ristretto255Group
        var transcript = transcript()
        let w = try transcript.challenge()
        var (x, g, s) = (vector(w), generators(w), r + w * t)
        while x.count > 1 {
            let half = (x.count + 1) / 2
            let (left, right) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
            transcript.send(dot(x[..<half], g[half...]) + left * blinding)
            transcript.send(dot(x[half...], g[..<half]) + right * blinding)
            let c = try transcript.challenge()
            x = halved(x, c)
            g = halved(g, c.inverted())
            s = s + c.inverted() * left + c * right
        }
        let nonces = (0..<4).map { _ in G.randomScalar(using: &random) }
        transcript.send(nonces[0] * g[0] + nonces[1] * blinding)
        transcript.send(nonces[2] * base + nonces[3] * blinding)
        let e = try transcript.challenge()
        for (nonce, secret) in zip(nonces, [x[0], s, v, t]) { transcript.send(nonce + e * secret) }
        return transcript.bytes
    }

    /// Whether each of the two equations holds.
    func check(_ proof: [UInt8]) throws -> (vector: Bool, note: Bool) {
        var transcript = transcript(proof)
        let w = try transcript.challenge()
        var (p, g) = (commitment + w * note, generators(w))
        while g.count > 1 {
            let (left, right) = (try transcript.point(), try transcript.point())
            let c = try transcript.challenge()
            p = p + c.inverted() * left + c * right
            g = halved(g, c.inverted())
        }
        let (a, d) = (try transcript.point(), try transcript.point())
        let e = try transcript.challenge()
        let z = try (0..<4).map { _ in try transcript.scalar() }
        return (a + e * p == z[0] * g[0] + z[1] * blinding, d + e * note == z[2] * base + z[3] * blinding)
    }
}
