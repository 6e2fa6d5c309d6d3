/// A permutation of 25 lanes of 64 bits.
protocol KeccakPermutation: Sendable {
    static func permute(_ state: UnsafeMutablePointer<UInt64>)
}

/// A sponge of rate 168 bytes, which gives 128 bits of security (FIPS 202 section 4; RFC 9861 section 2).
///
/// Absorb any number of byte strings, then squeeze any number of times; the output is one stream. Absorbing after the
/// first squeeze is a programming error.
///
/// Other modules have it as ``TurboSHAKE128`` and ``SHAKE128``, for which it is compiled with the permutation as one piece:
/// what a VDAF absorbs is often shorter than a block.
struct KeccakSponge<Permutation: KeccakPermutation>: Sendable {
    /// Bytes absorbed or squeezed per permutation.
    static var rate: Int { 168 }

    typealias Lanes = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
    )

    /// 25 lanes, each stored little-endian, so that the state's bytes are the sponge's bytes on any machine.
    var lanes: Lanes = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    /// Bytes of the current block that are used up, 0...rate.
    var position = 0
    var squeezing = false
    let domain: UInt8

    init(paddingByte domain: UInt8) {
        self.domain = domain
    }

    mutating func absorb(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { absorb($0) }
    }

    mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        precondition(!squeezing, "absorb after squeeze")
        var offset = 0
        while offset < bytes.count {
            if position == Self.rate {
                permute()
                position = 0
            }
            let count = min(Self.rate - position, bytes.count - offset)
            xor(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
            position += count
            offset += count
        }
    }

    /// The next `count` bytes of output.
    mutating func squeeze(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, written in
            squeeze(into: UnsafeMutableRawBufferPointer(target))
            written = count
        }
    }

    /// Fills `target` with the next bytes of output.
    mutating func squeeze(into target: UnsafeMutableRawBufferPointer) {
        if !squeezing {
            finishAbsorbing()
        }
        var offset = 0
        while offset < target.count {
            if position == Self.rate {
                permute()
                position = 0
            }
            let count = min(Self.rate - position, target.count - offset)
            withUnsafeBytes(of: lanes) { state in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: state[position..<position + count]))
            }
            position += count
            offset += count
        }
    }

    /// Pads: the domain byte after the message, and the top bit of the last byte of the block (RFC 9861 section 2.2).
    mutating func finishAbsorbing() {
        if position == Self.rate {
            permute()
            position = 0
        }
        let (at, domain) = (position, domain)
        withUnsafeMutableBytes(of: &lanes) { state in
            state[at] ^= domain
            state[Self.rate - 1] ^= 0x80
        }
        position = Self.rate
        squeezing = true
    }

    /// Adds `bytes` to the state at the current position.
    mutating func xor(_ bytes: UnsafeRawBufferPointer) {
        let start = position
        withUnsafeMutableBytes(of: &lanes) { state in
            var index = 0
            while index &+ 8 <= bytes.count {
                let old = state.loadUnaligned(fromByteOffset: start &+ index, as: UInt64.self)
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                state.storeBytes(of: old ^ word, toByteOffset: start &+ index, as: UInt64.self)
                index &+= 8
            }
            while index < bytes.count {
                state[start &+ index] ^= bytes[index]
                index &+= 1
            }
        }
    }

    mutating func permute() {
        withUnsafeMutableBytes(of: &lanes) { state in
            let words = state.assumingMemoryBound(to: UInt64.self)
            guard let base = words.baseAddress else { return }
            #if _endian(big)
                for index in 0..<25 { base[index] = base[index].byteSwapped }
            #endif
            Permutation.permute(base)
            #if _endian(big)
                for index in 0..<25 { base[index] = base[index].byteSwapped }
            #endif
        }
    }
}
