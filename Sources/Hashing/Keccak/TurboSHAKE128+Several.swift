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
        guard KeccakP1600x4.isAccelerated else {
            for index in tasks.indices { sponges[index].advance(tasks[index]) }
            return
        }
        withUnsafeTemporaryAllocation(of: StreamTask.self, capacity: 4) { rest in
            for first in stride(from: 0, to: tasks.count, by: 4) {
                let count = min(4, tasks.count - first)
                for index in 0..<count { rest.initializeElement(at: index, to: tasks[first + index]) }
                advanceTogether(
                    UnsafeMutableBufferPointer(rebasing: sponges[first..<first + count]),
                    UnsafeMutableBufferPointer(rebasing: rest[..<count]))
            }
        }
    }

    private mutating func advance(_ task: StreamTask) {
        switch task {
        case .absorb(let input): absorb(input)
        case .fill(let output): squeeze(into: output)
        }
    }

    /// Up to four sponges. Tasks are consumed.
    private static func advanceTogether(
        _ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ tasks: UnsafeMutableBufferPointer<StreamTask>
    ) {
        // After the heads, a sponge with something left to do stands at the end of a block.
        var waiting = SpongeSet()
        for index in 0..<tasks.count {
            switch tasks[index] {
            case .absorb(let input):
                let head = min(input.count, rate - sponges[index].sponge.position)
                sponges[index].absorb(UnsafeRawBufferPointer(rebasing: input[..<head]))
                tasks[index] = .absorb(UnsafeRawBufferPointer(rebasing: input[head...]))
                if input.count > head { waiting.insert(index) }
            case .fill(let output):
                if !sponges[index].sponge.squeezing { sponges[index].sponge.finishAbsorbing() }
                let head = min(output.count, rate - sponges[index].sponge.position)
                sponges[index].squeeze(into: UnsafeMutableRawBufferPointer(rebasing: output[..<head]))
                tasks[index] = .fill(UnsafeMutableRawBufferPointer(rebasing: output[head...]))
            }
        }
        // Absorbing sponges need a permutation before their first whole block.
        permuteOnce(sponges, waiting)

        var active = SpongeSet()
        for index in 0..<tasks.count where tasks[index].wholeBlocks > 0 { active.insert(index) }
        while active.count > 1 {
            var blocks = Int.max
            for index in 0..<tasks.count where active.contains(index) {
                blocks = min(blocks, tasks[index].wholeBlocks)
                if sponges[index].sponge.position == rate, !sponges[index].sponge.squeezing {
                    sponges[index].sponge.permute()
                    sponges[index].sponge.position = 0
                }
            }
            permute(sponges, active, blocks: blocks, tasks: tasks)
            for index in 0..<tasks.count where active.contains(index) {
                tasks[index].drop(blocks * rate)
                if tasks[index].wholeBlocks == 0 { active.remove(index) }
            }
        }

        // Squeezing sponges need a permutation before what is left of the last block.
        waiting = SpongeSet()
        for index in 0..<tasks.count {
            if case .fill(let output) = tasks[index], 1..<rate ~= output.count { waiting.insert(index) }
        }
        permuteOnce(sponges, waiting)
        for index in 0..<tasks.count { sponges[index].advance(tasks[index]) }
    }

    /// Begins a new block in sponges that have used up theirs; a single one is left to do so itself.
    private static func permuteOnce(_ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ waiting: SpongeSet) {
        guard waiting.count > 1 else { return }
        permute(sponges, waiting, blocks: 1, tasks: nil)
        for index in 0..<sponges.count where waiting.contains(index) { sponges[index].sponge.position = 0 }
    }

    /// Permutes the chosen sponges `blocks` times, doing what `tasks` says on the way.
    private static func permute(
        _ sponges: UnsafeMutableBufferPointer<TurboSHAKE128>, _ chosen: SpongeSet, blocks: Int,
        tasks: UnsafeMutableBufferPointer<StreamTask>?
    ) {
        func input(_ index: Int) -> UnsafePointer<UInt8>? {
            guard let tasks, chosen.contains(index), case .absorb(let bytes) = tasks[index] else { return nil }
            return bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        }
        func output(_ index: Int) -> UnsafeMutablePointer<UInt8>? {
            guard let tasks, chosen.contains(index), case .fill(let bytes) = tasks[index] else { return nil }
            return bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        }
        withUnsafeTemporaryAllocation(byteCount: 100 * 8, alignment: 16) { buffer in
            guard let words = buffer.bindMemory(to: UInt64.self).baseAddress else { return }
            // Sponges that are not chosen leave their places to whatever is there, which reaches no other.
            words.initialize(repeating: 0, count: 100)
            for index in 0..<sponges.count where chosen.contains(index) {
                withUnsafeBytes(of: &sponges[index].sponge.lanes) { lanes in
                    for lane in 0..<25 {
                        let word = lanes.load(fromByteOffset: 8 &* lane, as: UInt64.self)
                        words[4 &* lane &+ index] = UInt64(littleEndian: word)
                    }
                }
            }
            KeccakP1600x4.permute(
                words, blocks: blocks, inputs: (input(0), input(1), input(2), input(3)),
                outputs: (output(0), output(1), output(2), output(3)))
            for index in 0..<sponges.count where chosen.contains(index) {
                withUnsafeMutableBytes(of: &sponges[index].sponge.lanes) { lanes in
                    for lane in 0..<25 {
                        let word = words[4 &* lane &+ index].littleEndian
                        lanes.storeBytes(of: word, toByteOffset: 8 &* lane, as: UInt64.self)
                    }
                }
            }
        }
    }
}

/// Some of four sponges.
private struct SpongeSet {
    private var bits: UInt8 = 0

    var count: Int { bits.nonzeroBitCount }
    func contains(_ index: Int) -> Bool { bits >> UInt8(index) & 1 == 1 }
    mutating func insert(_ index: Int) { bits |= 1 << UInt8(index) }
    mutating func remove(_ index: Int) { bits &= ~(1 << UInt8(index)) }
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
