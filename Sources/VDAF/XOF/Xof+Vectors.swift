import Hashing

/// Field elements in and out of XOFs, for several streams at once.
extension Xof {
    /// Appends the encodings of `vectors[i]` to the binder of `streams[i]`.
    static func absorb<Field: PrimeFieldElement>(
        elements vectors: [UnsafeBufferPointer<Field>], into streams: inout [Self]
    ) {
        // The memory of elements is their encoding.
        advance(&streams, vectors.map { .absorb(UnsafeRawBufferPointer($0)) })
    }

    /// The next `count` bytes of every stream.
    static func next(_ count: Int, from streams: inout [Self]) -> [[UInt8]] {
        withUnsafeTemporaryAllocation(byteCount: count * streams.count, alignment: 8) { buffer in
            advance(&streams, streams.indices.map { .fill(piece($0, of: buffer, size: count)) })
            return streams.indices.map { [UInt8](piece($0, of: buffer, size: count)) }
        }
    }

    private static func piece(
        _ index: Int, of buffer: UnsafeMutableRawBufferPointer, size: Int
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: buffer[index * size..<(index + 1) * size])
    }

    /// The next `count` elements of every stream, the streams' one after the other: little-endian integers of the
    /// stream, those from the modulus upwards left out.
    ///
    /// The stream's bytes are written where the elements go, and compacted there in the rare case that some have to go.
    /// Not a byte more is consumed than by reading one element at a time.
    @specialized(where Self == XofTurboShake128, Field == Field64)
    @specialized(where Self == XofTurboShake128, Field == Field128)
    @specialized(where Self == XofHmacSha256Aes128, Field == Field64)
    static func nextVectors<Field: PrimeFieldElement>(_ count: Int, from streams: inout [Self]) -> [Field] {
        nextVectors(total: count * streams.count, from: &streams) { _ in count }
    }

    /// The next `counts[i]` elements of `streams[i]`, for all i, one after the other.
    @specialized(where Self == XofTurboShake128, Field == Field64)
    @specialized(where Self == XofTurboShake128, Field == Field128)
    @specialized(where Self == XofHmacSha256Aes128, Field == Field64)
    static func nextVectors<Field: PrimeFieldElement>(_ counts: [Int], from streams: inout [Self]) -> [Field] {
        nextVectors(total: counts.reduce(0, +), from: &streams) { counts[$0] }
    }

    @inline(__always)
    private static func nextVectors<Field: PrimeFieldElement>(
        total: Int, from streams: inout [Self], count: (Int) -> Int
    ) -> [Field] {
        [Field](unsafeUninitializedCapacity: total) { target, written in
            guard let base = target.baseAddress else { return }
            var tasks: [StreamTask] = []
            tasks.reserveCapacity(streams.count)
            var start = base
            for index in streams.indices {
                let size = count(index) * Field.encodedSize
                tasks.append(.fill(UnsafeMutableRawBufferPointer(start: start, count: size)))
                start += count(index)
            }
            advance(&streams, tasks)
            start = base
            for index in streams.indices {
                let row = UnsafeMutableBufferPointer(start: start, count: count(index))
                streams[index].replaceNoncanonical(in: row, count: row.count)
                start += row.count
            }
            written = total
        }
    }

    /// `target` holds `count` integers of the stream. Drops those that are no elements and reads on for as many more.
    /// In fields with unused bits it also clears those.
    mutating func replaceNoncanonical<Field: PrimeFieldElement>(
        in target: UnsafeMutableBufferPointer<Field>, count: Int
    ) {
        guard let base = target.baseAddress else { return }
        let bytes = UnsafeRawBufferPointer(start: base, count: count * Field.encodedSize)
        guard Field.mayHaveNoncanonical(bytes) else { return }
        var filled = Field.sample(from: bytes, into: base)
        while filled < count {
            let rest = UnsafeMutableRawBufferPointer(start: base + filled, count: (count - filled) * Field.encodedSize)
            fill(rest)
            filled += Field.sample(from: UnsafeRawBufferPointer(rest), into: base + filled)
        }
    }
}
