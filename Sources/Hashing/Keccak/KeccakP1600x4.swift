import CKeccak

/// Keccak-p[1600, 12] on four states at once.
///
/// Lanes of independent states never meet, so four of them fill 256-bit registers and advance in about the time of one
/// and a half. Elsewhere the states advance one after another, with the same result.
///
/// The 100 words are interleaved: lane i of state s is word 4·i + s.
package enum KeccakP1600x4 {
    /// A pointer per state; streams that have nothing to absorb or squeeze have none.
    package typealias Inputs = (
        UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?
    )
    package typealias Outputs = (
        UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?,
        UnsafeMutablePointer<UInt8>?
    )

    package static var noInputs: Inputs { (nil, nil, nil, nil) }
    package static var noOutputs: Outputs { (nil, nil, nil, nil) }

    /// A C kernel, by the instructions that it takes.
    package enum Kernel: String, Sendable, CaseIterable {
        case avx2, avx512

        /// Whether this processor has the instructions and the environment allows to use them (`CKeccak.h`).
        package var isAvailable: Bool {
            switch self {
            case .avx2: cairn_keccak_has_avx2() != 0
            case .avx512: cairn_keccak_has_avx512() != 0
            }
        }
    }

    /// The fastest kernel that this processor runs; nil where four states at once are no faster than four times one.
    package static let kernel = [Kernel.avx512, .avx2].first(where: \.isAvailable)

    package static var isAccelerated: Bool { kernel != nil }

    /// Permutes all states `blocks` times. Each time, the next 168 bytes of its input are added to a state before, and
    /// 168 bytes of the state are written to its output after.
    package static func permute(
        _ state: UnsafeMutablePointer<UInt64>, blocks: Int, inputs: Inputs = noInputs, outputs: Outputs = noOutputs
    ) {
        guard let kernel else {
            return permutePortably(state, blocks: blocks, inputs: inputs, outputs: outputs)
        }
        permute(state, with: kernel, blocks: blocks, inputs: inputs, outputs: outputs)
    }

    /// The same with a kernel that is available.
    package static func permute(
        _ state: UnsafeMutablePointer<UInt64>, with kernel: Kernel, blocks: Int, inputs: Inputs, outputs: Outputs
    ) {
        withUnsafePointer(to: inputs) { inputs in
            inputs.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 4) { inputs in
                withUnsafePointer(to: outputs) { outputs in
                    outputs.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 4) { outputs in
                        switch kernel {
                        case .avx2: cairn_keccak_permute4_avx2(state, inputs, outputs, blocks)
                        case .avx512: cairn_keccak_permute4_avx512(state, inputs, outputs, blocks)
                        }
                    }
                }
            }
        }
    }

    /// The same on any processor.
    package static func permutePortably(
        _ state: UnsafeMutablePointer<UInt64>, blocks: Int, inputs: Inputs, outputs: Outputs
    ) {
        let inputs = [inputs.0, inputs.1, inputs.2, inputs.3]
        let outputs = [outputs.0, outputs.1, outputs.2, outputs.3]
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { lanes in
            guard let base = lanes.baseAddress else { return }
            for stream in 0..<4 {
                for lane in 0..<25 { base[lane] = state[4 * lane + stream] }
                for block in 0..<blocks {
                    if let input = inputs[stream] {
                        let bytes = UnsafeRawPointer(input + 168 * block)
                        for lane in 0..<21 {
                            let word = bytes.loadUnaligned(fromByteOffset: 8 * lane, as: UInt64.self)
                            base[lane] ^= UInt64(littleEndian: word)
                        }
                    }
                    KeccakP1600.permute(base)
                    if let output = outputs[stream] {
                        let bytes = UnsafeMutableRawPointer(output + 168 * block)
                        for lane in 0..<21 {
                            bytes.storeBytes(of: base[lane].littleEndian, toByteOffset: 8 * lane, as: UInt64.self)
                        }
                    }
                }
                for lane in 0..<25 { state[4 * lane + stream] = base[lane] }
            }
        }
    }
}
