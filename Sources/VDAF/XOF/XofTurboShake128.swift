import Hashing

/// The XOF of the standard's Prio3 types (VDAF-20 section 6.2.1): TurboSHAKE128 with domain byte 1 over
/// `le16(len(tag)) ‖ tag ‖ le8(len(seed)) ‖ seed ‖ binder`.
///
/// Seeds of other lengths than `seedSize`, up to 255 bytes, are allowed.
public struct XofTurboShake128: Xof {
    public static let seedSize = 32

    private var sponge = TurboSHAKE128(domain: 1)

    public init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        self.init(domainSeparationTag: domainSeparationTag, seedSize: seed.count)
        sponge.absorb(seed)
    }

    /// Everything before the seed, which must be absorbed next: what many streams under one tag have in common.
    init(domainSeparationTag: [UInt8], seedSize: Int) {
        precondition(seedSize < 1 << 8 && domainSeparationTag.count <= Self.maximalTagSize, "seed or tag too long")
        let tagSize = domainSeparationTag.count
        withUnsafeTemporaryAllocation(byteCount: 3 + tagSize, alignment: 8) { buffer in
            buffer[0] = UInt8(truncatingIfNeeded: tagSize)
            buffer[1] = UInt8(truncatingIfNeeded: tagSize >> 8)
            UnsafeMutableRawBufferPointer(rebasing: buffer[2...]).copyBytes(from: domainSeparationTag)
            buffer[2 + tagSize] = UInt8(seedSize)
            sponge.absorb(UnsafeRawBufferPointer(buffer))
        }
    }

    public mutating func absorb(_ binder: UnsafeRawBufferPointer) {
        sponge.absorb(binder)
    }

    public mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        sponge.squeeze(into: target)
    }

    public static func advance(_ streams: inout [Self], _ tasks: [StreamTask]) {
        streams.withUnsafeMutableBufferPointer { streams in
            // A stream is nothing but its sponge.
            streams.withMemoryRebound(to: TurboSHAKE128.self) { TurboSHAKE128.advance($0, tasks) }
        }
    }
}
