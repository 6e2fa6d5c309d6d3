import CEdwards25519

/// A C kernel that works on several points at once, one a lane (see `CEdwards25519`).
package struct LaneKernel: Sendable, Equatable {
    /// How many points it adds at a time: eight with AVX-512 IFMA, four with AVX2.
    package let lanes: Int

    var code: UInt32 { UInt32(lanes) }

    /// What this processor has and the environment allows, the fastest first.
    package static let available = [8, 4].map { LaneKernel(lanes: $0) }
        .filter { cairn_edwards25519_has_lanes($0.code) != 0 }

    /// The fastest; nil where there is none, and the Swift code does the work.
    package static let best = available.first

    /// The name of its instructions.
    package var instructions: String { lanes == 8 ? "AVX-512 IFMA" : "AVX2" }
}
