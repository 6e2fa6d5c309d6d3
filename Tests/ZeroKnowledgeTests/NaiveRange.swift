import Commitments
import Ristretto255
import ZeroKnowledge

/// The range proof as its page writes it down: generators folded one by one in every round. Slow, and independent of the
/// code under test. As a prover it also does what it is told, so that cheating can be tried.
struct NaiveRange {
    let application: String
    let bits: Int
    let commitments: [RistrettoPoint]

    private let base = Generators.shared.noteBase
    private let blinding = Generators.shared.blinding

    init(application: String, bits: Int, commitments: [RistrettoPoint]) {
        self.application = application
        self.bits = bits
        self.commitments = commitments
    }

    /// What a prover may lie about.
    struct Lies {
        /// a_L and a_R, where not the bits of the values.
        var left: [Scalar]?
        var right: [Scalar]?
        /// Added to the coefficient of t(X) at X.
        var linear = Scalar.zero
    }

    private func transcript(_ proof: [UInt8] = []) -> NaiveTranscript {
        NaiveTranscript(
            application: application, kind: "Range",
            statement: NaiveTranscript.number(bits) + NaiveTranscript.number(commitments.count)
                + commitments.flatMap { $0.encoded() },
            proof: proof)
    }

    private func generators(_ tag: String) -> [RistrettoPoint] {
        commitments.indices.flatMap { value in
            (0..<bits).map { bit in
                let index = UInt64(64 * value + bit)
                return RistrettoPoint.hash(
                    (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * UInt64($0))) },
                    domainSeparationTag: Array("cairn range generator \(tag) v1".utf8))
            }
        }
    }

    private func power(_ base: Scalar, _ exponent: Int) -> Scalar {
        (0..<exponent).reduce(Scalar.one) { power, _ in power * base }
    }

    /// z^(j+2)·2^i at every position.
    private func places(_ z: Scalar) -> [Scalar] {
        commitments.indices.flatMap { value in
            (0..<bits).map { power(z, value + 2) * Scalar(UInt64(1) << UInt64($0)) }
        }
    }

    func prove(
        values: [UInt64], blinds: [Scalar], lies: Lies = Lies(), using random: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        typealias R = Ristretto255Group
        var transcript = transcript()
        let (g, h) = (generators("G"), generators("H"))
        let count = g.count
        let left = lies.left ?? values.flatMap { value in (0..<bits).map { Scalar((value >> UInt64($0)) & 1) } }
        let right = lies.right ?? left.map { $0 - 1 }
        let (alpha, rho) = (R.randomScalar(using: &random), R.randomScalar(using: &random))
        let maskLeft = (0..<count).map { _ in R.randomScalar(using: &random) }
        let maskRight = (0..<count).map { _ in R.randomScalar(using: &random) }
        transcript.send(alpha * blinding + dot(left, g) + dot(right, h))
        transcript.send(rho * blinding + dot(maskLeft, g) + dot(maskRight, h))
        let (y, z) = (try transcript.challenge(), try transcript.challenge())
        let ys = (0..<count).map { power(y, $0) }
        let l0 = left.map { $0 - z }
        let r0 = zip(zip(ys, right), places(z)).map { $0.0 * ($0.1 + z) + $1 }
        let r1 = zip(ys, maskRight).map(*)
        let (t1, t2) = (dot(l0, r1) + dot(maskLeft, r0) + lies.linear, dot(maskLeft, r1))
        let (tau1, tau2) = (R.randomScalar(using: &random), R.randomScalar(using: &random))
        transcript.send(t1 * base + tau1 * blinding)
        transcript.send(t2 * base + tau2 * blinding)
        let x = try transcript.challenge()
        var (a, b) = (zip(l0, maskLeft).map { $0 + x * $1 }, zip(r0, r1).map { $0 + x * $1 })
        transcript.send(dot(l0, r0) + x * t1 + x * x * t2)
        let blind = blinds.indices.reduce(tau2 * x * x + tau1 * x) { $0 + power(z, $1 + 2) * blinds[$1] }
        transcript.send(blind)
        transcript.send(alpha + rho * x)
        let q = try transcript.challenge() * base
        var (gs, hs) = (g, zip(ys, h).map { $0.inverted() * $1 })
        while a.count > 1 {
            let half = a.count / 2
            transcript.send(
                dot(a[..<half], gs[half...]) + dot(b[half...], hs[..<half]) + dot(a[..<half], b[half...]) * q)
            transcript.send(
                dot(a[half...], gs[..<half]) + dot(b[..<half], hs[half...]) + dot(a[half...], b[..<half]) * q)
            let c = try transcript.challenge()
            (a, hs) = (halved(a, c), halved(hs, c))
            (b, gs) = (halved(b, c.inverted()), halved(gs, c.inverted()))
        }
        transcript.send(a[0])
        transcript.send(b[0])
        return transcript.bytes
    }

    /// Whether each of the two equations holds.
    func check(_ proof: [UInt8]) throws -> (polynomial: Bool, innerProduct: Bool) {
        var transcript = transcript(proof)
        let (bitPoint, maskPoint) = (try transcript.point(), try transcript.point())
        let (y, z) = (try transcript.challenge(), try transcript.challenge())
        let (t1, t2) = (try transcript.point(), try transcript.point())
        let x = try transcript.challenge()
        let (evaluation, blind, vectorBlind) = (
            try transcript.scalar(), try transcript.scalar(), try transcript.scalar()
        )
        let q = try transcript.challenge() * base

        let g = generators("G")
        let ys = g.indices.map { power(y, $0) }
        let hs = zip(ys, generators("H")).map { $0.inverted() * $1 }
        let places = places(z)
        let sumOfPlaces = places.reduce(.zero, +)
        let delta = (z - z * z) * ys.reduce(.zero, +) - z * sumOfPlaces
        let powers = commitments.indices.map { power(z, $0 + 2) }
        let polynomial =
            evaluation * base + blind * blinding == delta * base + dot(powers, commitments) + x * t1 + x * x * t2

        var p = bitPoint + x * maskPoint + evaluation * q - vectorBlind * blinding
        p = p - dot(ys.map { _ in z }, g) + dot(zip(ys, places).map { z * $0 + $1 }, hs)
        var (gs, hsFolded) = (g, hs)
        while gs.count > 1 {
            let (left, right) = (try transcript.point(), try transcript.point())
            let c = try transcript.challenge()
            p = p + c.inverted() * left + c * right
            (gs, hsFolded) = (halved(gs, c.inverted()), halved(hsFolded, c))
        }
        let (a, b) = (try transcript.scalar(), try transcript.scalar())
        return (polynomial, p == a * gs[0] + b * hsFolded[0] + a * b * q)
    }
}
