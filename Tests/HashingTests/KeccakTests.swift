import Hashing
import TestSupport
import Testing

/// The ways to permute agree: portable Swift, one state in C, four states at once; and so do sponges in lockstep.
///
/// On a processor without the extensions the kernels are not there, and the comparison is of Swift with itself.
@Suite struct KeccakTests {
    @Test func everyPermutationOfOneStateAgrees() {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let state = (0..<25).map { _ in random.next() }
            var (fast, portable) = (state, state)
            fast.withUnsafeMutableBufferPointer { KeccakP1600.permute($0.baseAddress!) }
            portable.withUnsafeMutableBufferPointer { KeccakP1600.permutePortably($0.baseAddress!) }
            #expect(fast == portable)
        }
    }

    /// All patterns of streams that absorb, squeeze, do both or nothing.
    @Test func fourStatesAtOnceAreFourStates() {
        var random = SeededGenerator()
        for pattern in 0..<256 {
            let blocks = Int.random(in: 0...3, using: &random)
            let state = (0..<100).map { _ in random.next() }
            let input = random.bytes(4 * 168 * 3)
            var results: [([UInt64], [UInt8])] = []
            for kernel in [nil] + KeccakP1600x4.Kernel.allCases.filter(\.isAvailable) {
                var (words, output) = (state, [UInt8](repeating: 0, count: input.count))
                words.withUnsafeMutableBufferPointer { words in
                    input.withUnsafeBufferPointer { input in
                        output.withUnsafeMutableBufferPointer { output in
                            func source(_ stream: Int) -> UnsafePointer<UInt8>? {
                                pattern >> stream & 1 == 1 ? input.baseAddress! + stream * 504 : nil
                            }
                            func target(_ stream: Int) -> UnsafeMutablePointer<UInt8>? {
                                pattern >> (4 + stream) & 1 == 1 ? output.baseAddress! + stream * 504 : nil
                            }
                            let inputs = (source(0), source(1), source(2), source(3))
                            let outputs = (target(0), target(1), target(2), target(3))
                            if let kernel {
                                KeccakP1600x4.permute(
                                    words.baseAddress!, with: kernel, blocks: blocks, inputs: inputs, outputs: outputs)
                            } else {
                                KeccakP1600x4.permutePortably(
                                    words.baseAddress!, blocks: blocks, inputs: inputs, outputs: outputs)
                            }
                        }
                    }
                }
                results.append((words, output))
            }
            for result in results {
                #expect(result == results[0], "pattern \(pattern), \(blocks) blocks")
            }
        }
    }

    /// One to nine sponges that stand anywhere in their blocks, each with a task of its own and of any length.
    @Test func spongesTogetherAreSpongesAlone() {
        var random = SeededGenerator()
        let lengths = [0, 1, 7, 8, 60, 167, 168, 169, 335, 336, 337, 505, 1000]
        for count in 1...9 {
            for _ in 0..<60 {
                var together = [TurboSHAKE128](repeating: TurboSHAKE128(domain: 1), count: count)
                var alone = together
                var isSqueezing = [Bool](repeating: false, count: count)
                for _ in 0..<5 {
                    let buffers = (0..<count).map { _ in
                        let length = lengths.randomElement(using: &random)!
                        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
                        buffer.copyBytes(from: random.bytes(length))
                        return buffer
                    }
                    defer { for buffer in buffers { buffer.deallocate() } }
                    for index in 0..<count where !isSqueezing[index] {
                        isSqueezing[index] = Int.random(in: 0..<4, using: &random) == 0
                    }
                    for index in 0..<count where !isSqueezing[index] {
                        alone[index].absorb([UInt8](buffers[index]))
                    }
                    together.withUnsafeMutableBufferPointer { sponges in
                        TurboSHAKE128.advance(
                            sponges,
                            (0..<count).map {
                                isSqueezing[$0] ? .fill(buffers[$0]) : .absorb(UnsafeRawBufferPointer(buffers[$0]))
                            })
                    }
                    for index in 0..<count where isSqueezing[index] {
                        #expect([UInt8](buffers[index]) == alone[index].squeeze(buffers[index].count))
                    }
                }
                for index in 0..<count {
                    #expect(together[index].squeeze(200) == alone[index].squeeze(200))
                }
            }
        }
    }
}
