import Hashing

/// The hash under a Fiat-Shamir transformation (draft-irtf-cfrg-fiat-shamir-03, section 'Suites').
///
/// Both are sponges with 168 bytes of rate and 32 of capacity, for 128 bits of security. TurboSHAKE128 runs half as
/// many rounds, and twice as fast.
public enum HashSuite: String, Sendable, CaseIterable {
    /// 24 rounds, as FIPS 202 has it.
    case shake128 = "SHAKE128"
    /// 12 rounds (RFC 9861).
    case turboSHAKE128 = "TurboSHAKE128"

    /// Bytes absorbed by one permutation, R in the draft.
    package static let rate = SHAKE128.rate
}

/// A fresh or half-used extendable-output function of either suite.
enum ExtendableOutput: Sendable {
    case shake128(SHAKE128)
    case turboSHAKE128(TurboSHAKE128)

    init(_ suite: HashSuite) {
        switch suite {
        case .shake128: self = .shake128(SHAKE128())
        // The draft fixes D = 0x1F.
        case .turboSHAKE128: self = .turboSHAKE128(TurboSHAKE128(domain: 0x1F))
        }
    }

    mutating func absorb(_ bytes: [UInt8]) {
        switch self {
        case .shake128(var sponge):
            sponge.absorb(bytes)
            self = .shake128(sponge)
        case .turboSHAKE128(var sponge):
            sponge.absorb(bytes)
            self = .turboSHAKE128(sponge)
        }
    }

    mutating func squeeze(_ count: Int) -> [UInt8] {
        switch self {
        case .shake128(var sponge):
            let output = sponge.squeeze(count)
            self = .shake128(sponge)
            return output
        case .turboSHAKE128(var sponge):
            let output = sponge.squeeze(count)
            self = .turboSHAKE128(sponge)
            return output
        }
    }
}
