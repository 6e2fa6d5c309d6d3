import Ed25519
import SignatureCases
import TestSupport
import Testing

/// Many signatures at once against one by one, whoever made them.
@Suite struct SignatureBatchTests {
    private static let honest = (0..<300).map { number in
        Signer(seed: [UInt8(number & 0xff), UInt8(number >> 8)]).sign(Array("message \(number)".utf8))
    }

    /// A batch of valid and invalid signatures of all kinds, some by the same keys.
    private static func mixture(
        count: Int, invalidIn100: Int, random: inout SeededGenerator
    ) -> [(signed: SignedMessage, isValid: Bool)] {
        (0..<count).map { _ in
            let honest = honest.randomElement(using: &random) ?? honest[0]
            guard Int.random(in: 0..<100, using: &random) < invalidIn100 else {
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let torsion = UInt8.random(in: 0..<8, using: &random)
                    return (Signer(seed: [torsion], keyTorsion: torsion).sign(random.bytes(5), torsion: 3), true)
                case 1: return (Signer(seed: [7]).sign(random.bytes(40)), true)
                default: return (honest, true)
                }
            }
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let other = Signer(seed: random.bytes(4)).sign(honest.message)
                return (honest.with(signature: other.signature), false)
            case 1:
                let edge = SignatureCase.all.randomElement(using: &random) ?? SignatureCase.all[0]
                return (edge.signed, edge.isValid)
            case 2:
                return (honest.with(message: random.bytes(9)), false)
            default:
                let bits = 8 * (96 + honest.message.count)
                return (honest.flipping(bit: Int.random(in: 0..<bits, using: &random)), false)
            }
        }
    }

    @Test(arguments: [0, 1, 10, 50, 100]) func mixturesAreJudgedAsOneByOne(invalidIn100: Int) {
        var random = SeededGenerator()
        for count in [0, 1, 2, 3, 7, 8, 9, 31, 33, 64, 100, 150] {
            let mixture = Self.mixture(count: count, invalidIn100: invalidIn100, random: &random)
            let signed = mixture.map(\.signed)
            #expect(SignedMessage.areValid(signed, threads: count % 3 + 1) == mixture.map(\.isValid), "\(count)")
            #expect(signed.map(\.isValid) == mixture.map(\.isValid))
        }
    }

    @Test func longBatchesOnSeveralThreadsNameEveryInvalidOneAndNoOther() {
        var random = SeededGenerator()
        var signed = (0..<2 * SignedMessage.batchSize + 100).map { Self.honest[$0 % Self.honest.count] }
        var isValid = [Bool](repeating: true, count: signed.count)
        for _ in 0..<5 {
            let index = Int.random(in: signed.indices, using: &random)
            signed[index] = signed[index].flipping(bit: Int.random(in: 0..<768, using: &random))
            isValid[index].toggle()
            // Twice changed may be unchanged.
            isValid[index] = signed[index].isValid
        }
        for threads in 1...3 {
            #expect(SignedMessage.areValid(signed, threads: threads) == isValid)
        }
    }

    @Test func oneInvalidSignatureIsNamedAtEveryPlace() {
        for count in [1, 2, 3, 8, 17] {
            for index in 0..<count {
                var signed = Array(Self.honest[..<count])
                signed[index] = signed[index].flipping(bit: 300)
                #expect(SignedMessage.areValid(signed) == signed.indices.map { $0 != index })
            }
        }
    }

    @Test func swappedSignaturesAreBothNamed() {
        var signed = Array(Self.honest[..<40])
        (signed[3], signed[30]) = (
            signed[3].with(signature: signed[30].signature), signed[30].with(signature: signed[3].signature)
        )
        #expect(SignedMessage.areValid(signed) == signed.indices.map { $0 != 3 && $0 != 30 })
    }

    /// The defects of two signatures add up to zero, or to zero with small multiples: with any coefficients that can be
    /// foreseen, somebody could do this.
    @Test(arguments: [1, 2, 3, 255] as [UInt8]) func defectsThatCancelInAPlainSumAreFound(factor: UInt8) {
        var signed = Array(Self.honest[..<20])
        let defect = [factor] + [UInt8](repeating: 0, count: 31)
        for (index, change) in [(4, SodiumScalar.sum), (5, SodiumScalar.difference)] {
            let signature = signed[index].signature
            let response = change(Array(signature[32...]), index == 4 ? defect : SodiumScalar.one)
            signed[index] = signed[index].with(signature: signature[..<32] + response)
        }
        for _ in 0..<20 {
            #expect(SignedMessage.areValid(signed) == signed.indices.map { $0 != 4 && $0 != 5 })
        }
    }

    /// Without the factor 8, such a batch would pass or not by the coefficients' chance.
    @Test func componentsOfSmallOrderNeverChangeTheAnswer() {
        var signed = Array(Self.honest[..<6])
        for torsion in UInt8(0)..<8 {
            signed.append(Signer(seed: [torsion]).sign([torsion], torsion: torsion))
            signed.append(Signer(seed: [torsion], keyTorsion: torsion).sign([torsion], torsion: 8 - torsion))
        }
        for _ in 0..<100 {
            #expect(SignedMessage.areValid(signed).allSatisfy { $0 })
        }
    }

    @Test func signaturesByOneKeyAreJudgedEachForItself() {
        let signer = Signer(seed: [9])
        var signed = (0..<50).map { signer.sign([UInt8($0)]) }
        signed[20] = signed[20].with(message: [99])
        signed[21] = signed[21].with(publicKey: Signer(seed: [8]).key.encoding)
        #expect(SignedMessage.areValid(signed) == signed.indices.map { $0 != 20 && $0 != 21 })
        #expect(SignedMessage.areValid([SignedMessage](repeating: signed[0], count: 30)).allSatisfy { $0 })
        #expect(!SignedMessage.areValid([SignedMessage](repeating: signed[20], count: 30)).contains(true))
    }

    @Test func theAnswerAboutNothingIsEmpty() {
        #expect(SignedMessage.areValid([], threads: 4).isEmpty)
    }
}
