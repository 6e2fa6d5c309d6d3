/// Conversions between bytes and 64-bit words, least significant first.
enum LittleEndian {
    /// Reads exactly 32 bytes.
    static func fourWords(
        _ bytes: some Collection<UInt8>
    ) throws(RistrettoError) -> (UInt64, UInt64, UInt64, UInt64) {
        // Most callers are other modules with arrays, for whom going byte by byte through `Collection` is slow.
        if let words = bytes.withContiguousStorageIfAvailable({ fourWords($0) }) {
            guard let words else { throw .wrongLength(expected: 32, actual: bytes.count) }
            return words
        }
        let words = try self.words(bytes, count: 4)
        return (words[0], words[1], words[2], words[3])
    }

    private static func fourWords(_ bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64, UInt64, UInt64)? {
        guard bytes.count == 32 else { return nil }
        let bytes = UnsafeRawBufferPointer(bytes)
        func word(_ index: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        return (word(0), word(1), word(2), word(3))
    }

    /// Reads exactly 8·count bytes.
    static func words(_ bytes: some Collection<UInt8>, count: Int) throws(RistrettoError) -> [UInt64] {
        guard bytes.count == 8 * count else {
            throw .wrongLength(expected: 8 * count, actual: bytes.count)
        }
        return self.words(bytes)
    }

    /// Reads whole words; a last incomplete one is filled up with zeros.
    static func words(_ bytes: some Collection<UInt8>) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: (bytes.count + 7) / 8)
        var position = 0
        for byte in bytes {
            words[position >> 3] |= UInt64(byte) << UInt64(8 * (position & 7))
            position += 1
        }
        return words
    }

    static func bytes(_ words: (UInt64, UInt64, UInt64, UInt64)) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }
}
