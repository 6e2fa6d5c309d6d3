/// TurboSHAKE128, an extendable-output function: the sponge over Keccak-p[1600, 12] (RFC 9861 section 2).
package struct TurboSHAKE128: Sendable {
    /// Bytes absorbed or squeezed per permutation.
    package static var rate: Int { KeccakSponge<KeccakP1600>.rate }

    var sponge: KeccakSponge<KeccakP1600>

    /// - Parameter domain: The domain separation byte D, 0x01 to 0x7F.
    package init(domain: UInt8) {
        precondition((0x01...0x7F).contains(domain), "the domain separation byte is in 0x01...0x7F")
        sponge = KeccakSponge(paddingByte: domain)
    }

    package mutating func absorb(_ bytes: [UInt8]) { sponge.absorb(bytes) }

    package mutating func absorb(_ bytes: UnsafeRawBufferPointer) { sponge.absorb(bytes) }

    /// The next `count` bytes of output.
    package mutating func squeeze(_ count: Int) -> [UInt8] { sponge.squeeze(count) }

    /// Fills `target` with the next bytes of output.
    package mutating func squeeze(into target: UnsafeMutableRawBufferPointer) { sponge.squeeze(into: target) }
}
