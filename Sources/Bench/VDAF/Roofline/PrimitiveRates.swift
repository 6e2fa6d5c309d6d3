import Hashing
import VDAF

/// How fast this machine runs the primitives that ``LeastWork`` counts: the best of several short runs each, on one
/// thread, because a floor is what nothing goes below.
package struct PrimitiveRates: Sendable {
    package let primitives: LeastWork.Primitives
    /// Bytes a second, one stream.
    package let absorb: Double
    /// Bytes a second over four streams at once.
    package let absorbFour: Double
    package let squeeze: Double
    package let squeezeFour: Double
    /// Nanoseconds for a product added to a running sum.
    package let accumulate: Double
    /// Nanoseconds for a multiplication, of several independent ones.
    package let multiply: Double
    /// Nanoseconds for a multiplication by a root of unity inside a transform, with its two additions.
    package let transformMultiply: Double

    package static func measure(_ primitives: LeastWork.Primitives) -> PrimitiveRates {
        switch primitives {
        case .field64TurboShake: measure(primitives, XofTurboShake128.self, Field64.self)
        case .field64HmacAes: measure(primitives, XofHmacSha256Aes128.self, Field64.self)
        case .field128TurboShake: measure(primitives, XofTurboShake128.self, Field128.self)
        }
    }

    private static func measure<Seeds: Xof, Field: NTTFieldElement>(
        _ primitives: LeastWork.Primitives, _ seeds: Seeds.Type, _ field: Field.Type
    ) -> PrimitiveRates {
        PrimitiveRates(
            primitives: primitives,
            absorb: XofRate<Seeds>.absorb(streams: 1), absorbFour: XofRate<Seeds>.absorb(streams: 4),
            squeeze: XofRate<Seeds>.squeeze(streams: 1), squeezeFour: XofRate<Seeds>.squeeze(streams: 4),
            accumulate: FieldRate<Field>.accumulate(), multiply: FieldRate<Field>.multiply(),
            transformMultiply: FieldRate<Field>.transformMultiply())
    }
}

extension PrimitiveRates {
    /// Microseconds that a phase takes at least.
    package func floor(_ phase: LeastWork.Phase) -> (hashing: Double, field: Double) {
        (
            phase.streams.reduce(0) { $0 + hashing($1) } * 1e6,
            (Double(phase.accumulations) * accumulate + Double(phase.multiplications) * multiply
                + Double(phase.transformMultiplications) * transformMultiply) / 1e3
        )
    }

    /// Seconds. TurboSHAKE128 works in blocks of 168 bytes: one for every whole block absorbed and one for the rest with
    /// the padding, whose output is the first block squeezed.
    private func hashing(_ stream: LeastWork.Stream) -> Double {
        switch primitives {
        case .field64TurboShake, .field128TurboShake:
            let rate = TurboSHAKE128.rate
            let absorbed = stream.absorbed / rate * rate
            let squeezed = (stream.squeezed + rate - 1) / rate * rate
            return Double(absorbed) / absorbFour + Double(squeezed) / squeezeFour
        case .field64HmacAes:
            return Double(stream.absorbed) / absorbFour + Double(stream.squeezed) / squeezeFour
        }
    }
}

/// The smallest of many measurements of `seconds`, each of about half a millisecond, so that on a busy machine some of them
/// are not interrupted.
func fastest(_ body: () -> Void) -> Double {
    var iterations = 1
    var best = Double.infinity
    var runs = 0
    while runs < 300 {
        let seconds = timed {
            for _ in 0..<iterations { body() }
        }.elapsed.wall
        guard seconds > 0.0005 || runs > 0 else {
            iterations *= 2
            continue
        }
        best = min(best, seconds / Double(iterations))
        runs += 1
    }
    return best
}
