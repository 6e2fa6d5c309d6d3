import Foundation

/// A reproducible source of random numbers for tests (SplitMix64).
///
/// A run draws a fresh seed; every expectation that depends on it prints it, and `CAIRN_TEST_SEED` replays it.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init() {
        let replay = ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap(UInt64.init)
        self.init(seed: replay ?? UInt64.random(in: 0...UInt64(UInt32.max)))
    }

    init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Random bytes, as many as `range` allows.
    mutating func bytes(in range: ClosedRange<Int>) -> [UInt8] { bytes(Int.random(in: range, using: &self)) }

    /// Small and large integers alike.
    mutating func integer() -> UInt64 { next() >> UInt64.random(in: 0..<64, using: &self) }
}
