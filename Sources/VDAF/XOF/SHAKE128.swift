/// SHAKE128, an extendable-output function: the sponge over Keccak-f[1600] (FIPS 202 section 6.2).
///
/// OpenSSL 3.0 has SHAKE128 too, but lets nobody squeeze twice.
package typealias SHAKE128 = KeccakSponge<KeccakF1600>

extension SHAKE128 {
    package init() {
        // The suffix 1111 of SHAKE and the first bit of the padding 10*1.
        self.init(paddingByte: 0x1F)
    }
}
