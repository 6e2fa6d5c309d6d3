/// What one of several streams is to do next.
public enum StreamTask {
    /// Absorb these bytes.
    case absorb(UnsafeRawBufferPointer)
    /// Fill this memory with the next output.
    case fill(UnsafeMutableRawBufferPointer)
}

/// Several sponges that advance at once.
///
/// Each task is cut at the sponge's own block boundaries. Permutations in between are done four sponges at a time, in
/// whichever mix of absorbing and squeezing, as long as at least two sponges still need one.
extension TurboSHAKE128 {
    /// Does `tasks[i]` with `sponges[i]`. Lengths and positions may differ.
    package static func advance(_ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ tasks: [StreamTask]) {
        precondition(sponges.count == tasks.count, "one task for each sponge")
        for first in stride(from: 0, to: tasks.count, by: 4) {
            let group = first..<min(first + 4, tasks.count)
            let sponges = UnsafeMutableBufferPointer(rebasing: sponges[group])
            if group.count > 1, KeccakP1600x4.isAccelerated {
                advanceTogether(sponges, Array(tasks[group]))
            } else {
                for index in group { sponges[index - first].advance(tasks[index]) }
            }
        }
    }

    private mutating func advance(_ task: StreamTask) {
        switch task {
        case .absorb(let input): absorb(input)
        case .fill(let output): squeeze(into: output)
        }
    }

    private static func advanceTogether(
        _ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ tasks: [StreamTask]
    ) {
        // After the heads, a sponge with something left to do stands at the end of a block.
        var tasks = tasks
        var waiting: [Int] = []
        for index in tasks.indices {
            switch tasks[index] {
            case .absorb(let input):
                let head = min(input.count, rate - sponges[index].position)
                sponges[index].absorb(UnsafeRawBufferPointer(rebasing: input[..<head]))
                tasks[index] = .absorb(UnsafeRawBufferPointer(rebasing: input[head...]))
                if input.count > head { waiting.append(index) }
            case .fill(let output):
                if !sponges[index].squeezing { sponges[index].finishAbsorbing() }
                let head = min(output.count, rate - sponges[index].position)
                sponges[index].squeeze(into: UnsafeMutableRawBufferPointer(rebasing: output[..<head]))
                tasks[index] = .fill(UnsafeMutableRawBufferPointer(rebasing: output[head...]))
            }
        }
        // Absorbing sponges need a permutation before their first whole block.
        if waiting.count > 1 {
            permute(sponges, waiting, blocks: 1, tasks: nil)
            for index in waiting { sponges[index].position = 0 }
        }

        var active = tasks.indices.filter { tasks[$0].wholeBlocks > 0 }
        while active.count > 1 {
            var blocks = Int.max
            for index in active { blocks = min(blocks, tasks[index].wholeBlocks) }
            for index in active where sponges[index].position == rate && !sponges[index].squeezing {
                sponges[index].permute()
                sponges[index].position = 0
            }
            permute(sponges, active, blocks: blocks, tasks: tasks)
            for index in active { tasks[index].drop(blocks * rate) }
            active.removeAll { tasks[$0].wholeBlocks == 0 }
        }

        // Squeezing sponges need a permutation before what is left of the last block.
        waiting.removeAll(keepingCapacity: true)
        for index in tasks.indices {
            if case .fill(let output) = tasks[index], 1..<rate ~= output.count { waiting.append(index) }
        }
        if waiting.count > 1 {
            permute(sponges, waiting, blocks: 1, tasks: nil)
            for index in waiting { sponges[index].position = 0 }
        }
        for index in tasks.indices { sponges[index].advance(tasks[index]) }
    }

    /// Permutes up to four of the sponges `blocks` times, doing what `tasks` says on the way.
    private static func permute(
        _ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ indices: [Int], blocks: Int, tasks: [StreamTask]?
    ) {
        func input(_ position: Int) -> UnsafePointer<UInt8>? {
            guard let tasks, position < indices.count, case .absorb(let bytes) = tasks[indices[position]] else {
                return nil
            }
            return bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        }
        func output(_ position: Int) -> UnsafeMutablePointer<UInt8>? {
            guard let tasks, position < indices.count, case .fill(let bytes) = tasks[indices[position]] else {
                return nil
            }
            return bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        }
        withUnsafeTemporaryAllocation(byteCount: 100 * 8, alignment: 32) { buffer in
            guard let words = buffer.bindMemory(to: UInt64.self).baseAddress else { return }
            words.initialize(repeating: 0, count: 100)
            for (position, index) in indices.enumerated() {
                withUnsafeBytes(of: &sponges[index].lanes) { lanes in
                    for lane in 0..<25 {
                        let word = lanes.load(fromByteOffset: 8 &* lane, as: UInt64.self)
                        words[4 &* lane &+ position] = UInt64(littleEndian: word)
                    }
                }
            }
            KeccakP1600x4.permute(
                words, blocks: blocks, inputs: (input(0), input(1), input(2), input(3)),
                outputs: (output(0), output(1), output(2), output(3)))
            for (position, index) in indices.enumerated() {
                withUnsafeMutableBytes(of: &sponges[index].lanes) { lanes in
                    for lane in 0..<25 {
                        let word = words[4 &* lane &+ position].littleEndian
                        lanes.storeBytes(of: word, toByteOffset: 8 &* lane, as: UInt64.self)
                    }
                }
            }
        }
    }
}

extension StreamTask {
    /// Blocks that can be handled from one block boundary to another. The last block of an input stays, whole or not:
    /// a sponge permutes only when more follows.
    fileprivate var wholeBlocks: Int {
        switch self {
        case .absorb(let input): max(0, input.count - 1) / TurboSHAKE128.rate
        case .fill(let output): output.count / TurboSHAKE128.rate
        }
    }

    fileprivate mutating func drop(_ count: Int) {
        switch self {
        case .absorb(let input): self = .absorb(UnsafeRawBufferPointer(rebasing: input[count...]))
        case .fill(let output): self = .fill(UnsafeMutableRawBufferPointer(rebasing: output[count...]))
        }
    }
}
