import VDAF

/// Random updates with a norm just within the bound, as clipping makes them.
package struct UpdateSource: Sendable {
    let encoding: FixedPointEncoding
    let dimension: Int

    package init(encoding: FixedPointEncoding, dimension: Int) {
        self.encoding = encoding
        self.dimension = dimension
    }

    package func next(_ randomness: inout SeededRandomness) throws(BenchError) -> [Double] {
        let vector = (0..<dimension).map { _ in Double(Int64(bitPattern: randomness.next() | 1)) * 0x1p-63 }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return try Result { () throws(VDAFError) in
            try encoding.clip(vector.map { $0 * (encoding.normBound / norm) })
        }.orFailure("clipping")
    }
}
