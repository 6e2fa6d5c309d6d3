import VDAF

/// A VDAF type that can be measured: which parameters it has, and how it is run. Each is a file in `Types/` and a word in
/// ``all``.
package struct MeasuredType: Sendable {
    /// On the command line and in JSON.
    package let name: String
    /// Coordinates where nobody says how many; nil where a measurement is one value.
    let defaultLength: Int?
    /// Bits of a coordinate where nobody says how many; nil where they are given, or real numbers.
    let defaultBits: Int?
    /// The most bits.
    let mostBits: Int
    /// Elements of an encoded measurement, by length and bits; nil for types without chunks.
    let elements: (@Sendable (_ length: Int, _ bits: Int) -> Int)?
    /// The VDAF, with random measurements over the whole range that it accepts.
    let makeWorkload:
        @Sendable (_ benchCase: BenchCase, _ randomness: inout SeededRandomness) throws(VDAFError) -> Workload

    init(
        _ name: String, length: Int? = nil, bits: Int? = nil, mostBits: Int = 63,
        elements: (@Sendable (_ length: Int, _ bits: Int) -> Int)? = nil,
        workload makeWorkload: @escaping @Sendable (BenchCase, inout SeededRandomness) throws(VDAFError) -> Workload
    ) {
        self.name = name
        defaultLength = length
        defaultBits = bits
        self.mostBits = mostBits
        self.elements = elements
        self.makeWorkload = makeWorkload
    }

    /// In the order of the help.
    package static let all: [MeasuredType] = [
        .count, .sum, .average, .sumvec, .sumvec64, .sumvec64hmac, .histogram, .multihot, .l1boundsum, .boundedl2,
        .poplar1,
    ]
}

/// Names are unique.
extension MeasuredType: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.name == right.name }
}
