/// SHAKE128, an extendable-output function: the sponge over Keccak-f[1600] (FIPS 202 section 6.2).
///
/// OpenSSL 3.0 has SHAKE128 too, but lets nobody squeeze twice.
package struct SHAKE128: Sendable {
    /// Bytes absorbed or squeezed per permutation.
    package static var rate: Int { KeccakSponge<KeccakF1600>.rate }

    // The suffix 1111 of SHAKE and the first bit of the padding 10*1.
    private var sponge = KeccakSponge<KeccakF1600>(paddingByte: 0x1F)

    package init() {}

    package mutating func absorb(_ bytes: [UInt8]) { sponge.absorb(bytes) }

    /// The next `count` bytes of output.
    package mutating func squeeze(_ count: Int) -> [UInt8] { sponge.squeeze(count) }
}
