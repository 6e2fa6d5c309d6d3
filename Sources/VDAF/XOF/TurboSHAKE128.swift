/// TurboSHAKE128, an extendable-output function: the sponge over Keccak-p[1600, 12] (RFC 9861 section 2).
package typealias TurboSHAKE128 = KeccakSponge<KeccakP1600>

extension TurboSHAKE128 {
    /// - Parameter domain: The domain separation byte D, 0x01 to 0x7F.
    package init(domain: UInt8) {
        precondition((0x01...0x7F).contains(domain), "the domain separation byte is in 0x01...0x7F")
        self.init(paddingByte: domain)
    }
}
