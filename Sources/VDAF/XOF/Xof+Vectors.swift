/// Field elements in and out of XOFs, for several streams at once.
extension Xof {
    /// Appends the encodings of field elements to the binder.
    mutating func absorb<Field: PrimeFieldElement>(elements: [Field]) {
        var streams = [self]
        Self.absorb(elements: [elements], into: &streams)
        self = streams[0]
    }

    /// Appends the encodings of `vectors[i]` to the binder of `streams[i]`. All vectors have the same length.
    static func absorb<Field: PrimeFieldElement>(elements vectors: [[Field]], into streams: inout [Self]) {
        withBytes(of: vectors) { advance(&streams, $0.map { .absorb($0) }) }
    }

    /// Calls `body` with the memory of every vector, which is its encoding.
    private static func withBytes<Field: PrimeFieldElement>(
        of vectors: [[Field]], _ body: ([UnsafeRawBufferPointer]) -> Void
    ) {
        func collect(_ index: Int, _ bytes: [UnsafeRawBufferPointer]) {
            guard index < vectors.count else { return body(bytes) }
            vectors[index].withUnsafeBytes { collect(index + 1, bytes + [$0]) }
        }
        collect(0, [])
    }

    /// The next `count` bytes of every stream.
    static func next(_ count: Int, from streams: inout [Self]) -> [[UInt8]] {
        withUnsafeTemporaryAllocation(byteCount: count * streams.count, alignment: 8) { buffer in
            let targets = streams.indices.map {
                UnsafeMutableRawBufferPointer(rebasing: buffer[$0 * count..<($0 + 1) * count])
            }
            advance(&streams, targets.map { .fill($0) })
            return targets.map { [UInt8]($0) }
        }
    }

    /// The next `count` elements of every stream: little-endian integers of the stream, those from the modulus upwards
    /// left out.
    ///
    /// The stream's bytes are written where the elements go, and compacted there in the rare case that some have to go.
    /// Not a byte more is consumed than by reading one element at a time.
    static func nextVectors<Field: PrimeFieldElement>(_ count: Int, from streams: inout [Self]) -> [[Field]] {
        nextVectors([Int](repeating: count, count: streams.count), from: &streams)
    }

    /// The next `counts[i]` elements of `streams[i]`, for all i.
    @specialized(where Self == XofTurboShake128, Field == Field64)
    @specialized(where Self == XofTurboShake128, Field == Field128)
    @specialized(where Self == XofHmacSha256Aes128, Field == Field64)
    static func nextVectors<Field: PrimeFieldElement>(_ counts: [Int], from streams: inout [Self]) -> [[Field]] {
        var vectors = [[Field]](repeating: [], count: streams.count)
        var targets: [UnsafeMutableRawBufferPointer] = []
        targets.reserveCapacity(streams.count)

        // Every vector is made inside the closure that makes the one before, so that all are there to be filled.
        func make(_ index: Int) {
            let count = counts[index]
            vectors[index] = [Field](unsafeUninitializedCapacity: count) { target, written in
                let size = count * Field.encodedSize
                targets.append(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<size]))
                if index + 1 < vectors.count {
                    make(index + 1)
                } else {
                    advance(&streams, targets.map { .fill($0) })
                }
                streams[index].replaceNoncanonical(in: target, count: count)
                written = count
            }
        }
        if !streams.isEmpty {
            make(0)
        }
        return vectors
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
