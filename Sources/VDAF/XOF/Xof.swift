import Hashing

/// An extendable-output function as VDAFs use it (VDAF-20 section 6.2): a stream of pseudorandom bytes from a seed, a
/// domain separation tag and a binder string.
///
/// The binder is absorbed in pieces because it may hold a whole measurement share.
public protocol Xof: Sendable {
    /// Bytes of a seed.
    static var seedSize: Int { get }

    /// The longest domain separation tag in bytes; 2^16 - 1 unless a type says otherwise.
    static var maximalTagSize: Int { get }

    /// Starts with an empty binder.
    ///
    /// - Precondition: The seed has `seedSize` bytes (types that allow other sizes say so), and the tag has at most
    ///   `maximalTagSize` bytes.
    init(seed: [UInt8], domainSeparationTag: [UInt8])

    /// Appends to the binder. Not allowed once output was taken.
    mutating func absorb(_ binder: UnsafeRawBufferPointer)

    /// Fills `target` with the next bytes of output.
    mutating func fill(_ target: UnsafeMutableRawBufferPointer)

    /// Does `tasks[i]` with `streams[i]`, for all i.
    ///
    /// Streams do not depend on each other, and several of them at once can be faster than one after another, which is
    /// the default.
    static func advance(_ streams: inout [Self], _ tasks: [StreamTask])
}

extension Xof {
    public static var maximalTagSize: Int { 1 << 16 - 1 }

    /// Starts with this binder, to which more can be appended.
    public init(seed: [UInt8], domainSeparationTag: [UInt8], binder: [UInt8]) {
        self.init(seed: seed, domainSeparationTag: domainSeparationTag)
        absorb(binder)
    }

    /// Appends to the binder. Not allowed once output was taken.
    public mutating func absorb(_ binder: [UInt8]) {
        binder.withUnsafeBytes { absorb($0) }
    }

    @inline(__always)
    mutating func absorb(byte: Int) {
        withUnsafeBytes(of: UInt8(byte)) { absorb($0) }
    }

    public static func advance(_ streams: inout [Self], _ tasks: [StreamTask]) {
        for (index, task) in tasks.enumerated() {
            switch task {
            case .absorb(let input): streams[index].absorb(input)
            case .fill(let output): streams[index].fill(output)
            }
        }
    }

    /// The next `count` bytes of output.
    public mutating func next(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, written in
            fill(UnsafeMutableRawBufferPointer(target))
            written = count
        }
    }

    /// The next `count` field elements: little-endian integers of the stream, those from the modulus upwards left
    /// out.
    @specialized(where Self == XofTurboShake128, Field == Field64)
    @specialized(where Self == XofTurboShake128, Field == Field128)
    @specialized(where Self == XofTurboShake128, Field == Field255)
    @specialized(where Self == XofHmacSha256Aes128, Field == Field64)
    public mutating func nextVector<Field: PrimeFieldElement>(_ count: Int) -> [Field] {
        // As `nextVectors` does it, without an array of streams for the one.
        [Field](unsafeUninitializedCapacity: count) { target, written in
            let size = count * Field.encodedSize
            fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<size]))
            replaceNoncanonical(in: target, count: count)
            written = count
        }
    }

    /// One seed's worth of output.
    public static func deriveSeed(seed: [UInt8], domainSeparationTag: [UInt8], binder: [UInt8]) -> [UInt8] {
        var xof = Self(seed: seed, domainSeparationTag: domainSeparationTag, binder: binder)
        return xof.next(seedSize)
    }

    /// A vector of field elements from a fresh stream.
    public static func expandIntoVector<Field: PrimeFieldElement>(
        seed: [UInt8], domainSeparationTag: [UInt8], binder: [UInt8], count: Int
    ) -> [Field] {
        var xof = Self(seed: seed, domainSeparationTag: domainSeparationTag, binder: binder)
        return xof.nextVector(count)
    }
}
