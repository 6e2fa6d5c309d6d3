import Foundation

/// A reproducible random generator (SplitMix64). The seed of every property test is printed; setting `CAIRN_TEST_SEED`
/// to it repeats the run.
package struct SeededGenerator: RandomNumberGenerator {
    package let seed: UInt64
    private var state: UInt64

    /// A fresh seed, or the one in `CAIRN_TEST_SEED`, printed with the name of the calling test.
    package init(test: String = #function) {
        let given = ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
        self.init(seed: given ?? UInt64.random(in: 0...UInt64.max))
        print("\(test): CAIRN_TEST_SEED=\(seed)")
    }

    package init(seed: UInt64) {
        (self.seed, state) = (seed, seed)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Random bytes, as many as `range` allows.
    package mutating func bytes(in range: ClosedRange<Int>) -> [UInt8] { bytes(Int.random(in: range, using: &self)) }

    /// Small and large integers alike.
    package mutating func integer() -> UInt64 { next() >> UInt64.random(in: 0..<64, using: &self) }
}
