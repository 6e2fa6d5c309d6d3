/// The XOF of the standard's Prio3 types (VDAF-20 section 6.2.1): TurboSHAKE128 with domain byte 1 over
/// `le16(len(tag)) ‖ tag ‖ le8(len(seed)) ‖ seed ‖ binder`.
///
/// Seeds of other lengths than `seedSize`, up to 255 bytes, are allowed.
public struct XofTurboShake128: Xof {
    public static let seedSize = 32

    private var sponge = TurboSHAKE128(domain: 1)

    public init(seed: [UInt8], domainSeparationTag: [UInt8]) {
        precondition(seed.count < 1 << 8 && domainSeparationTag.count < 1 << 16, "seed or tag too long")
        let size = 3 + domainSeparationTag.count + seed.count
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { buffer in
            buffer[0] = UInt8(truncatingIfNeeded: domainSeparationTag.count)
            buffer[1] = UInt8(truncatingIfNeeded: domainSeparationTag.count >> 8)
            UnsafeMutableRawBufferPointer(rebasing: buffer[2...]).copyBytes(from: domainSeparationTag)
            buffer[2 + domainSeparationTag.count] = UInt8(seed.count)
            UnsafeMutableRawBufferPointer(rebasing: buffer[(3 + domainSeparationTag.count)...]).copyBytes(from: seed)
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
