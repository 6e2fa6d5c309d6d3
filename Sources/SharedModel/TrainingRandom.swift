// Random numbers for training and splitting: reproducible from a seed, on every machine and every Swift version.
//
// The generator is xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64 as its authors advise.
// Shuffling and uniform numbers are written out here, because the standard library does not promise that its own
// `shuffle(using:)` and `random(in:using:)` stay the same between releases.
//
// Never use it for secrets: 256 bits of state can be computed from a few outputs. Keys, shares and blinding values
// come from the operating system's generator.

/// A seeded generator for training. Not for secrets.
package struct TrainingRandom: RandomNumberGenerator, Sendable, Equatable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator whose whole output follows from `seed`.
    package init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// A generator in a given state, for comparison with other implementations.
    ///
    /// - Precondition: The state is not all zero, for which the generator would be stuck.
    package init(state: (UInt64, UInt64, UInt64, UInt64)) {
        precondition(state != (0, 0, 0, 0), "the all-zero state is a fixed point")
        self.state = state
    }

    /// An independent seed for one purpose, such as a contributor in a round: mixes the numbers of `path` into `seed`.
    package static func seed(_ seed: UInt64, _ path: UInt64...) -> UInt64 {
        var mixed = seed
        for number in path {
            var mixer = SplitMix64(state: mixed)
            var other = SplitMix64(state: ~number)
            mixed = mixer.next() ^ (other.next() &* 0xD6E8_FEB8_6659_FD93)
        }
        var last = SplitMix64(state: mixed)
        return last.next()
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotateLeft(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotateLeft(state.3, by: 45)
        return result
    }

    /// A uniform integer in `0 ..< bound`, without bias (Lemire, 2019).
    ///
    /// - Precondition: `bound` is positive.
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no element")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// A uniform number in [0, 1): one of the 2^53 multiples of 2^-53.
    package mutating func unitInterval() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Shuffles in place (Fisher and Yates).
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, integer(below: last + 1))
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.state == right.state }

    private static func rotateLeft(_ word: UInt64, by count: UInt64) -> UInt64 {
        (word << count) | (word >> (64 - count))
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): spreads a seed over a larger state.
package struct SplitMix64: Sendable {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
