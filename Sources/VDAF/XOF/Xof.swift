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
}

extension Xof {
    public static var maximalTagSize: Int { 1 << 16 - 1 }

    public init(seed: [UInt8], domainSeparationTag: [UInt8], binder: [UInt8]) {
        self.init(seed: seed, domainSeparationTag: domainSeparationTag)
        absorb(binder)
    }

    public mutating func absorb(_ binder: [UInt8]) {
        binder.withUnsafeBytes { absorb($0) }
    }

    /// Appends the encodings of field elements to the binder, a few at a time.
    mutating func absorb<Field: PrimeFieldElement>(elements: [Field]) {
        let elementsPerPiece = 4096 / Field.encodedSize
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            elements.withUnsafeBufferPointer { elements in
                guard let base = buffer.baseAddress else { return }
                var start = 0
                while start < elements.count {
                    let count = min(elementsPerPiece, elements.count - start)
                    Field.encode(UnsafeBufferPointer(rebasing: elements[start..<start + count]), into: base)
                    absorb(UnsafeRawBufferPointer(start: base, count: count * Field.encodedSize))
                    start += count
                }
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
    ///
    /// Bytes are taken in batches. A batch is never larger than what the missing elements need, so not a byte more is
    /// consumed than by reading one element at a time.
    @specialized(where Self == XofTurboShake128, Field == Field64)
    @specialized(where Self == XofTurboShake128, Field == Field128)
    @specialized(where Self == XofTurboShake128, Field == Field255)
    @specialized(where Self == XofHmacSha256Aes128, Field == Field64)
    public mutating func nextVector<Field: PrimeFieldElement>(_ count: Int) -> [Field] {
        let elementsPerBatch = 168 * 24 / Field.encodedSize
        return [Field](unsafeUninitializedCapacity: count) { target, written in
            guard let base = target.baseAddress, count > 0 else { return }
            var filled = 0
            withUnsafeTemporaryAllocation(byteCount: elementsPerBatch * Field.encodedSize, alignment: 8) { buffer in
                while filled < count {
                    let batch = min(elementsPerBatch, count - filled) * Field.encodedSize
                    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[0..<batch])
                    fill(bytes)
                    filled += Field.sample(from: UnsafeRawBufferPointer(bytes), into: base + filled)
                }
            }
            written = filled
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
