import Foundation

/// A reproducible random generator (SplitMix64). The seed of every property test is printed; setting `CAIRN_TEST_SEED`
/// to it repeats the run.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
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

    /// A generator with a fresh seed, or the one in `CAIRN_TEST_SEED`; prints it with the name of the calling test.
    package static func printed(test: String = #function) -> SeededGenerator {
        let seed =
            ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): CAIRN_TEST_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }
}
