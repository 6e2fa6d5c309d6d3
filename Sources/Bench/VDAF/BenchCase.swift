import TaskTypes

/// One row of a benchmark: a type with its parameters.
package struct BenchCase: Sendable, Equatable {
    package let type: MeasuredType
    /// Coordinates or buckets; 1 for types whose measurement is one value.
    package let length: Int
    /// Bits of a coordinate: coordinates are below 2^bits. For L1BoundSum their sum is.
    package let bits: Int
    /// Elements per gadget call; 0 for types without chunks.
    package let chunkLength: Int

    /// Fills in what is left out.
    ///
    /// - Throws: `.invalidOption` for parameters that the type does not have, or that are out of range.
    package init(
        _ type: MeasuredType, length: Int? = nil, bits: Int? = nil, chunkLength: Int? = nil
    ) throws(BenchError) {
        func require(_ isMet: Bool, _ problem: @autoclosure () -> String) throws(BenchError) {
            guard isMet else { throw .invalidOption(problem()) }
        }
        try require(type.defaultLength != nil || length == nil, "--length: a measurement of \(type.name) is one value.")
        try require(
            type.defaultBits != nil || bits == nil, "--bits: the size of a coordinate of \(type.name) is given.")
        try require(type.elements != nil || chunkLength == nil, "--chunk-length: \(type.name) has no chunks.")

        self.type = type
        self.length = length ?? type.defaultLength ?? 1
        self.bits = bits ?? type.defaultBits ?? 1
        let limit = VDAFConfiguration.maximumElements
        try require(1...limit ~= self.length, "--length \(self.length): 1 to \(limit) are possible.")
        try require(1...type.mostBits ~= self.bits, "--bits \(self.bits): 1 to \(type.mostBits) are possible.")
        guard let elements = type.elements?(self.length, self.bits) else {
            self.chunkLength = 0
            return
        }

        try require(
            elements <= limit,
            "--length \(self.length) --bits \(self.bits): a report would have \(elements) field elements, and at most "
                + "\(limit) are possible.")
        self.chunkLength = chunkLength ?? Int(VDAFConfiguration.recommendedChunkLength(elements: elements))
        try require(
            1...elements ~= self.chunkLength,
            "--chunk-length \(self.chunkLength): 1 to \(elements), the elements of a report, are possible.")
    }
}

extension BenchCase {
    /// The rows that `Benchmarks/README.md` compares, smallest first, then types without a peer's figures.
    package static func standardLadder() throws(BenchError) -> [BenchCase] {
        [
            try BenchCase(.count),
            try BenchCase(.sum, bits: 32),
            try BenchCase(.sumvec, length: 1000, bits: 1, chunkLength: 33),
            try BenchCase(.sumvec, length: 1000, bits: 16, chunkLength: 126),
            try BenchCase(.sumvec, length: 10_000, bits: 16, chunkLength: 314),
            try BenchCase(.histogram, length: 100, chunkLength: 7),
            try BenchCase(.histogram, length: 10_000, chunkLength: 79),
            try BenchCase(.l1boundsum, length: 1000, bits: 16, chunkLength: 126),
            try BenchCase(.multihot, length: 1000),
            try BenchCase(.sumvec64, length: 1000, bits: 16),
            try BenchCase(.sumvec64hmac, length: 1000, bits: 16),
            try BenchCase(.boundedl2, length: 10_000),
        ]
    }
}
