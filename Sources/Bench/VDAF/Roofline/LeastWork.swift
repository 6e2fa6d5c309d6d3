import VDAF

/// The work on one report that no implementation of the standard can avoid: what must be absorbed by and squeezed out of
/// XOFs, and the field multiplications that the proof system takes. `Benchmarks/README.md` derives the formulas.
package struct LeastWork: Sendable, Equatable {
    package let shard: Phase
    package let leaderVerify: Phase
    package let helperVerify: Phase
    /// Which primitives the type is made of.
    package let primitives: Primitives

    /// One phase at one party.
    package struct Phase: Sendable, Equatable {
        package var streams: [Stream] = []
        /// Products that are added to a running sum and need no reduction of their own.
        package var accumulations = 0
        /// Products that are factors of others and must be reduced.
        package var multiplications = 0
        /// Multiplications by roots of unity inside transforms.
        package var transformMultiplications = 0
    }

    /// One use of an XOF.
    package struct Stream: Sendable, Equatable {
        package let absorbed: Int
        package let squeezed: Int
    }

    /// A field and an XOF, whose speed ``PrimitiveRates`` measures.
    package enum Primitives: String, Sendable, CaseIterable {
        case field64TurboShake = "Field64 with TurboSHAKE128"
        case field64HmacAes = "Field64 with HMAC-SHA256 and AES-128-CTR"
        case field128TurboShake = "Field128 with TurboSHAKE128"
    }
}

extension LeastWork {
    /// The work that a Prio3 type with two aggregators takes.
    package init<Circuit, Seeds>(of vdaf: Prio3<Circuit, Seeds>) {
        let sizes = Sizes(vdaf)
        shard = sizes.shard
        leaderVerify = sizes.verify(isLeader: true)
        helperVerify = sizes.verify(isLeader: false)
        if Seeds.self == XofHmacSha256Aes128.self {
            primitives = .field64HmacAes
        } else {
            primitives = Circuit.Field.encodedSize == 8 ? .field64TurboShake : .field128TurboShake
        }
    }
}

/// The sizes that the formulas take, named as in the derivation.
private struct Sizes {
    /// n: elements of an encoded measurement.
    let elements: Int
    /// π: proofs.
    let proofs: Int
    /// Elements of one proof.
    let proofLength: Int
    /// Elements of one proof's wire seeds: all gadgets' arities.
    let arity: Int
    /// Elements of a proof's joint randomness.
    let jointLength: Int
    /// Elements of a query's randomness.
    let queryLength: Int
    /// Outputs of the circuit.
    let outputs: Int
    let gadgets: [GadgetShape]
    /// e: bytes of an element.
    let elementSize: Int
    let seedSize: Int
    /// Bytes absorbed before the binder: lengths, domain separation tag with DAP's context of 38 bytes, seed.
    let headerSize: Int

    private static let nonceSize = 16

    private var hasJointRandomness: Bool { jointLength > 0 }

    init<Circuit, Seeds>(_ vdaf: Prio3<Circuit, Seeds>) {
        elements = vdaf.circuit.measurementLength
        proofs = vdaf.proofs
        proofLength = vdaf.flp.proofLength
        arity = vdaf.flp.proveRandomnessLength
        jointLength = vdaf.circuit.jointRandomnessLength
        queryLength = vdaf.flp.queryRandomnessLength
        outputs = vdaf.circuit.evaluationOutputLength
        gadgets = vdaf.circuit.gadgets
        elementSize = Circuit.Field.encodedSize
        seedSize = Seeds.seedSize
        headerSize = 2 + 8 + 38 + 1 + Seeds.seedSize
    }

    private func stream(binder: Int, squeezed: Int) -> LeastWork.Stream {
        LeastWork.Stream(absorbed: headerSize + binder, squeezed: squeezed)
    }

    private var measurementShare: LeastWork.Stream { stream(binder: 1, squeezed: elements * elementSize) }
    private var proofsShare: LeastWork.Stream { stream(binder: 2, squeezed: proofs * proofLength * elementSize) }
    private var jointPart: LeastWork.Stream {
        stream(binder: 1 + Self.nonceSize + elements * elementSize, squeezed: seedSize)
    }
    private var jointSeedAndRandomness: [LeastWork.Stream] {
        [
            stream(binder: 2 * seedSize, squeezed: seedSize),
            stream(binder: 1, squeezed: proofs * jointLength * elementSize),
        ]
    }

    func verify(isLeader: Bool) -> LeastWork.Phase {
        var phase = LeastWork.Phase()
        if !isLeader { phase.streams += [measurementShare, proofsShare] }
        if hasJointRandomness { phase.streams += [jointPart] + jointSeedAndRandomness }
        phase.streams.append(
            stream(binder: 1 + Self.nonceSize, squeezed: proofs * queryLength * elementSize))

        // Wire polynomials at the test point: one product for every input of every call and for every seed. The inputs
        // of bit checks have the products r^(j+1)·weight as factors, one for every element.
        if hasJointRandomness {
            phase.accumulations += 2 * elements
            phase.multiplications += elements
        } else {
            phase.accumulations += gadgets.reduce(0) { $0 + $1.arity * $1.calls }
        }
        phase.accumulations += arity
        // The circuit's outputs, combined; and the gadget polynomial at the test point.
        if outputs > 1 { phase.accumulations += outputs }
        for gadget in gadgets {
            let (p, length) = (gadget.wireLength, gadget.polynomialLength)
            phase.accumulations += length
            // Lagrange weights: differences inverted together at three products each, and one product for each weight.
            phase.multiplications += 3 * (length + 1) + p + length
        }

        phase.accumulations *= proofs
        phase.multiplications *= proofs
        return phase
    }

    var shard: LeastWork.Phase {
        var phase = LeastWork.Phase()
        phase.streams = [
            measurementShare, proofsShare, stream(binder: 1, squeezed: proofs * arity * elementSize),
        ]
        if hasJointRandomness { phase.streams += [jointPart, jointPart] + jointSeedAndRandomness }

        // Inputs of bit checks: the powers of r. An honest client's elements are bits, which need no multiplication, and
        // its gadget outputs are zero.
        if hasJointRandomness { phase.multiplications += elements }
        for gadget in gadgets {
            // The gadget polynomial at the seeds and at p points more, where two transforms take every wire polynomial.
            let (p, columns) = (gadget.wireLength, gadget.arity)
            phase.transformMultiplications += columns * (p * gadget.wireLengthLog2 + p)
            phase.accumulations += (1 + p) * max(1, columns / 2)
        }
        phase.transformMultiplications *= proofs
        phase.accumulations *= proofs
        phase.multiplications *= proofs
        return phase
    }
}
