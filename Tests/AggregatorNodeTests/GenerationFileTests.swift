import AggregatorNode
import Datastore
import Foundation
import TestSupport
import Testing

/// The file beside the keys is written over in place. Whatever a power cut leaves of a slot, the other one counts.
@Suite struct GenerationFileTests {
    private let temporary: TemporaryFolder
    private let path: String
    private let file: GenerationFile
    private let run = GenerationRun.random()

    init() throws {
        temporary = try TemporaryFolder.ofNodes()
        path = temporary.file("generation")
        file = GenerationFile(path: path)
    }

    private func mark(_ number: UInt64) -> GenerationMark { GenerationMark(number: number, run: run) }

    private var bytes: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    private func put(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    private func put(_ text: String) throws { try put(Array(text.utf8)) }

    @Test func theNewestOfTheSlotsCounts() throws {
        #expect(try file.read() == nil)
        try file.replace(by: mark(7))
        #expect(try file.read() == mark(7))
        let size = try bytes.count
        for number in 8...20 as ClosedRange<UInt64> {
            try file.overwrite(slot: Int(number % 2), by: mark(number))
            #expect(try file.read() == mark(number))
        }
        #expect(try bytes.count == size)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        for odd in [GenerationMark(number: 0, run: nil), GenerationMark(number: .max, run: run)] {
            try file.replace(by: odd)
            #expect(try file.read() == odd)
        }
    }

    @Test(arguments: [0, 1]) func aSlotThatIsTornAnywhereLeavesTheOtherOne(slot: Int) throws {
        // Numbers of other lengths, so that what is left of the old one does not fit.
        try file.replace(by: mark(998))
        try file.overwrite(slot: 1 - slot, by: mark(999))
        let before = try bytes
        try file.overwrite(slot: slot, by: mark(1_000))
        let after = try bytes
        let changed = before.indices.filter { before[$0] != after[$0] }
        #expect(changed.allSatisfy { $0 / 4_096 == slot }, "the slots lie on different pages")
        for cut in changed {
            // What came to the disk, from either end.
            for torn in [Array(after[..<cut] + before[cut...]), Array(before[..<cut] + after[cut...])] {
                try put(torn)
                #expect(try file.read() == mark(torn == after ? 1_000 : 999), "cut at \(cut)")
            }
            var flipped = after
            flipped[cut] ^= 1
            try put(flipped)
            #expect(try file.read() == mark(999), "a bit at \(cut)")
        }
        var wiped = after
        for index in 0..<4_096 { wiped[slot * 4_096 + index] = 0 }
        try put(wiped)
        #expect(try file.read() == mark(999))
    }

    @Test func aFileWithoutAWholeSlotIsNoFirstStart() throws {
        try file.replace(by: mark(5))
        let whole = try bytes
        try put(Array(whole[..<4_096]))
        #expect(try file.read() == mark(5), "the first slot is there")
        for length in [0, 1, 65, 127] {
            try put(Array(whole[..<length]))
            #expect(throws: GenerationError.self, "\(length) bytes") { try file.read() }
        }
        try put([UInt8](repeating: 0, count: whole.count))
        #expect(throws: GenerationError.self) { try file.read() }
        // It is not made longer by a slot, either.
        try put(Array(whole[..<4_096]))
        #expect(throws: (any Error).self) { try file.overwrite(slot: 1, by: mark(6)) }
    }

    @Test func aPersonCanWriteANumber() throws {
        for (text, expected) in [
            ("41\n", GenerationMark(number: 41, run: nil)), ("0", GenerationMark(number: 0, run: nil)),
            ("41 \(run.hex)\n", mark(41)),
        ] {
            try put(text)
            #expect(try file.read() == expected)
        }
        for text in ["", "none\n", "-1", "41 42", "41 \(run.hex) 3"] {
            try put(text)
            #expect(throws: GenerationError.self, "\(text)") { try file.read() }
        }
    }

    /// A node was killed while it wrote a slot: the database has counted what nobody was told.
    @Test func aNodeThatWasKilledWhileItWroteASlotStarts() async throws {
        let store = try NodeDatabase.open(path: temporary.file("node.sqlite"))
        let generation = try await Generation.begin(path: path, store: store)
        for _ in 0..<3 {
            try await store.countDeed()
            try await generation.settle()
        }
        // Slots 0, 1, 0 were written; the next, which is torn, is 1.
        #expect(try file.read()?.number == 4)
        try await store.countDeed()
        var torn = try bytes
        for index in 4_106..<4_200 { torn[index] = 0 }
        try put(torn)
        #expect(try file.read()?.number == 4)
        _ = try await Generation.begin(path: path, store: store)
        #expect(try file.read()?.number == 6)
    }
}
