// Our log under other people's eyes: Go's checksum database code reads the notes, tiles and proofs that we write, and
// we read the keys and notes that it writes. What it accepts must also be what it refuses once spoiled.

import Foundation
import SumDB
import TestSupport
import Testing
import TransparencyLog

@Suite struct SumDBTests {
    private static let cosigners = [Fixture.helper, Fixture.other]

    /// A log with checkpoints at several sizes, and proofs between them, on disk as the Go program reads it.
    private struct Exhibit {
        let log: TemporaryFolder
        let proofs: TemporaryFolder
        let sizes: [Int]

        init(sizes: [Int]) async throws {
            log = try TemporaryFolder()
            proofs = try TemporaryFolder()
            self.sizes = sizes
            var writer = try TileWriter(directory: log.path)
            for size in sizes {
                let start = writer.head.size
                _ = try writer.append(entries: Fixture.entries(Int(start)..<size), startingAt: start)
                let checkpoint = try Fixture.checkpoint(writer.head, cosigners: cosigners)
                try writer.publish(checkpoint)
                try proofs.write("\(size).checkpoint", checkpoint.serialized())
            }
            try await writeProofs()
            try proofs.write("policy", Array(policy.utf8))
        }

        private var policy: String {
            let witnesses = cosigners.enumerated().map { "witness w\($0.offset) \($0.element.verifier.vkey)" }
            return (["log \(Fixture.log.verifier.vkey)"] + witnesses + ["quorum none", ""]).joined(separator: "\n")
        }

        private func writeProofs() async throws {
            let source = DirectoryTileSource(directory: log.path)
            let latest = try await LogReader.fetchCheckpoint(from: source)
            let size = latest.checkpoint.size
            let reader = LogReader(source: source, head: latest.checkpoint.head)
            for old in sizes.dropLast() {
                let request = AddCheckpointRequest(
                    oldSize: UInt64(old), proof: try await reader.consistencyProof(from: UInt64(old)),
                    checkpoint: latest)
                try proofs.write("\(old).consistency", request.serialized())
            }
            for index in Set([0, 1, 255, 256, size / 2, size - 1]) where index < size {
                let proof = TlogProof(
                    extra: Array("entry \(index)".utf8), index: index,
                    inclusionProof: try await reader.inclusionProof(index: index), checkpoint: latest)
                try proofs.write("\(index).tlog-proof", proof.serialized())
            }
        }

        func check() async throws -> String {
            try await SumDBProgram.run(["check", proofs.path + "/policy", log.path, proofs.path])
        }
    }

    @Test(arguments: [[1], [1, 2, 3], [255, 256], [1, 7, 256, 257, 700], [512, 66_000]])
    func goAcceptsEveryTileProofAndSignature(sizes: [Int]) async throws {
        let exhibit = try await Exhibit(sizes: sizes)
        let size = try #require(sizes.last)
        let inclusions = Set([0, 1, 255, 256, size / 2, size - 1]).count { $0 < size }
        #expect(
            try await exhibit.check()
                == "size \(size) entries \(size) inclusions \(inclusions) consistencies \(sizes.count - 1)\n")
    }

    @Test(arguments: [
        ("log", "tile/0/000", "the tile of the first 256 hashes"),
        ("log", "tile/entries/001", "a bundle of entries"),
        ("log", "tile/1/000.p/2", "the tile above"),
        ("log", "checkpoint", "the checkpoint"),
        ("proofs", "256.checkpoint", "an earlier checkpoint"),
        ("proofs", "7.consistency", "a consistency proof"),
        ("proofs", "255.tlog-proof", "an inclusion proof"),
    ])
    func goRefusesWhatIsSpoiled(folder: String, file: String, name: String) async throws {
        let exhibit = try await Exhibit(sizes: [7, 256, 700])
        _ = try await exhibit.check()
        let directory = folder == "log" ? exhibit.log : exhibit.proofs
        var bytes = try directory.read(file)
        // The fortieth byte from the front lies in a hash, an entry, a proof or a root in each of these files.
        bytes[40] ^= 1
        try directory.write(file, bytes)
        await #expect(throws: SumDBProgram.Failure.self, "\(name)") { try await exhibit.check() }
    }

    @Test func goRefusesALogOfAnotherKey() async throws {
        let exhibit = try await Exhibit(sizes: [3])
        _ = try await exhibit.check()
        let stranger = try NoteSigner(name: Fixture.origin, seed: [UInt8](repeating: 9, count: 32))
        try exhibit.proofs.write("policy", Array("log \(stranger.verifier.vkey)\n".utf8))
        await #expect(throws: SumDBProgram.Failure.self) { try await exhibit.check() }
    }

    @Test func keysAndNotesMadeByGoAreOurs() async throws {
        let printed = try await SumDBProgram.run(["sign", "go.example/log"])
        let parts = printed.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        try #require(parts.count == 3)
        let signer = try NoteSigner(skey: String(parts[0]))
        let verifier = try NoteVerifier(vkey: String(parts[1]))
        #expect(signer.verifier == verifier && signer.skey == String(parts[0]))
        let note = try SignedNote(parsing: Array(parts[2].utf8))
        #expect(note.text == Array("signed by Go\n\nfor Swift\n".utf8))
        #expect(try note.verify(with: [verifier]).count == 1)
    }
}
