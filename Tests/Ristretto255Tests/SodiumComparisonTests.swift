import CSodium
import Ristretto255
import TestSupport
import Testing

/// libsodium's independent implementation as an oracle, on random inputs.
@Suite struct SodiumComparisonTests {
    init() {
        precondition(sodium_init() >= 0)
    }

    @Test func elementsFromUniformBytesAgree() throws {
        var random = SeededGenerator()
        for _ in 0..<300 {
            let uniform = random.bytes(64)
            var theirs = [UInt8](repeating: 0, count: 32)
            crypto_core_ristretto255_from_hash(&theirs, uniform)
            #expect(try RistrettoPoint.fromUniformBytes(uniform).encoded() == theirs)
        }
    }

    /// Random bytes are valid about once in sixteen times; flipping a byte of a valid encoding probes closer.
    @Test func validityOfEncodingsAgrees() throws {
        var random = SeededGenerator()
        var valid = 0
        for round in 0..<2_000 {
            var encoding = random.bytes(32)
            if round % 2 == 0 {
                encoding[0] &= 0xfe
                encoding[31] &= 0x7f
            }
            if round % 5 == 0 {
                encoding = (Scalar.random(using: &random) * RistrettoPoint.generator).encoded()
                if round % 10 == 0 {
                    encoding[Int.random(in: 0..<32, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            let ours = try? RistrettoPoint.decode(encoding)
            guard encoding[31] < 0x80 else {
                // RFC 9496 refuses numbers from p on; older libsodium versions ignore the top bit instead.
                #expect(ours == nil)
                continue
            }
            let theirs = crypto_core_ristretto255_is_valid_point(encoding) == 1
            #expect((ours != nil) == theirs, "\(hex(encoding))")
            if let ours {
                valid += 1
                #expect(ours.encoded() == encoding)
            }
        }
        #expect(valid > 200)
    }

    @Test func sumsAndDifferencesAgree() throws {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let p = try RistrettoPoint.fromUniformBytes(random.bytes(64))
            let q = try RistrettoPoint.fromUniformBytes(random.bytes(64))
            var sum = [UInt8](repeating: 0, count: 32)
            var difference = sum
            #expect(crypto_core_ristretto255_add(&sum, p.encoded(), q.encoded()) == 0)
            #expect(crypto_core_ristretto255_sub(&difference, p.encoded(), q.encoded()) == 0)
            #expect((p + q).encoded() == sum)
            #expect((p - q).encoded() == difference)
        }
    }

    @Test func scalarMultiplesAgree() throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let p = try RistrettoPoint.fromUniformBytes(random.bytes(64))
            let scalar = Scalar.random(using: &random)
            var product = [UInt8](repeating: 0, count: 32)
            #expect(crypto_scalarmult_ristretto255(&product, scalar.encoded(), p.encoded()) == 0)
            #expect((scalar * p).encoded() == product)
            #expect(crypto_scalarmult_ristretto255_base(&product, scalar.encoded()) == 0)
            #expect((scalar * RistrettoPoint.generator).encoded() == product)
        }
    }

    @Test func scalarArithmeticAgrees() throws {
        var random = SeededGenerator()
        for round in 0..<500 {
            let a = edgeCase(round, &random)
            let b = edgeCase(round / 7, &random)
            var theirs = [UInt8](repeating: 0, count: 32)
            crypto_core_ristretto255_scalar_add(&theirs, a.encoded(), b.encoded())
            #expect((a + b).encoded() == theirs)
            crypto_core_ristretto255_scalar_sub(&theirs, a.encoded(), b.encoded())
            #expect((a - b).encoded() == theirs)
            crypto_core_ristretto255_scalar_mul(&theirs, a.encoded(), b.encoded())
            #expect((a * b).encoded() == theirs)
            crypto_core_ristretto255_scalar_negate(&theirs, a.encoded())
            #expect((-a).encoded() == theirs)
            if !a.isZero, round < 60 {
                #expect(crypto_core_ristretto255_scalar_invert(&theirs, a.encoded()) == 0)
                #expect(a.inverted().encoded() == theirs)
            }
        }
    }

    @Test func wideReductionsAgree() throws {
        var random = SeededGenerator()
        var inputs = (0..<300).map { _ in random.bytes(64) }
        inputs.append([UInt8](repeating: 0xff, count: 64))
        inputs.append([UInt8](repeating: 0, count: 64))
        for input in inputs {
            var theirs = [UInt8](repeating: 0, count: 32)
            crypto_core_ristretto255_scalar_reduce(&theirs, input)
            #expect(try Scalar(reducing: input).encoded() == theirs)
        }
    }

    /// Random scalars mixed with 0, 1, ℓ - 1 and small ones.
    private func edgeCase(_ round: Int, _ random: inout SeededGenerator) -> Scalar {
        switch round % 7 {
        case 0: .zero
        case 1: .one
        case 2: -.one
        case 3: Scalar(UInt64.max)
        default: .random(using: &random)
        }
    }
}
