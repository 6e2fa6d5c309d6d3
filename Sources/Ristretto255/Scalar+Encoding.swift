/// Encodings of scalars, reductions of longer numbers, and random scalars.
extension Scalar {
    /// Bytes in an encoding.
    public static let encodedSize = 32

    /// Decodes 32 little-endian bytes that must be below ℓ (RFC 9496 §4.4).
    ///
    /// - Throws: `RistrettoError.wrongLength`, `RistrettoError.nonCanonicalScalar`.
    public static func decode(_ bytes: some Collection<UInt8>) throws(RistrettoError) -> Scalar {
        let words = try LittleEndian.fourWords(bytes)
        let (_, borrow) = Words256.subtracting(words, Words256.order)
        guard borrow == 1 else { throw .nonCanonicalScalar }
        return Scalar(words)
    }

    /// The canonical encoding: 32 little-endian bytes.
    public func encoded() -> [UInt8] {
        LittleEndian.bytes(asWords)
    }

    /// A 512-bit little-endian number modulo ℓ; uniform bytes give a scalar that is uniform up to 2^-259.
    ///
    /// - Throws: `RistrettoError.wrongLength` unless there are 64 bytes.
    public init(reducing bytes: some Collection<UInt8>) throws(RistrettoError) {
        let words = try LittleEndian.words(bytes, count: 8)
        self.init(
            reducingLow: (words[0], words[1], words[2], words[3]), high: (words[4], words[5], words[6], words[7]))
    }

    /// A number of up to eight words, least significant first, modulo ℓ.
    package init(reducingWords words: UnsafeBufferPointer<UInt64>) {
        precondition(words.count <= 8, "at most 512 bits")
        func word(_ index: Int) -> UInt64 { index < words.count ? words[index] : 0 }
        self.init(reducingLow: (word(0), word(1), word(2), word(3)), high: (word(4), word(5), word(6), word(7)))
    }

    /// low + high·2^256 modulo ℓ.
    init(reducingLow low: Words256.Value, high: Words256.Value) {
        // With R = 2^256, low·R·R⁻¹ = low and high·R²·R⁻¹ = high·R: Montgomery's product reduces as a side effect.
        let reducedLow = Scalar(Words256.montgomeryProduct(low, Words256.radix))
        let reducedHigh = Scalar(Words256.montgomeryProduct(high, Words256.radixSquared))
        self = reducedLow + reducedHigh
    }

    /// A uniformly random scalar, from 64 bytes of the generator.
    public static func random(using generator: inout some RandomNumberGenerator) -> Scalar {
        func words() -> Words256.Value { (generator.next(), generator.next(), generator.next(), generator.next()) }
        let low = words()
        return Scalar(reducingLow: low, high: words())
    }
}
