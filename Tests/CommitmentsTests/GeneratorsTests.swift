import Commitments
import Foundation
import Ristretto255
import TestSupport
import Testing

@Suite struct GeneratorsTests {
    @Test func generatorsAreTheHashesOfTheirIndices() {
        let generators = Generators.shared
        let first = generators.prefix(300)
        for index in [0, 1, 255, 256, 299] {
            let message = (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
            let expected = RistrettoPoint.hash(message, domainSeparationTag: Array("cairn generator G v1".utf8))
            #expect(first[index] == expected)
        }
        let expected = RistrettoPoint.hash(
            [UInt8](repeating: 0, count: 8), domainSeparationTag: Array("cairn generator H v1".utf8))
        #expect(generators.blinding == expected)
        let expectedBase = RistrettoPoint.hash(
            [UInt8](repeating: 0, count: 8), domainSeparationTag: Array("cairn generator B v1".utf8))
        #expect(generators.noteBase == expectedBase)
        let others = [generators.blinding.encoded(), generators.noteBase.encoded()]
        #expect(Set(first.map { $0.encoded() } + others).count == 302)
    }

    @Test func concurrentUsersSeeTheSameTable() async {
        let generators = Generators.shared
        let prefixes = await withTaskGroup(of: (Int, [UInt8]).self) { group in
            for task in 0..<16 {
                group.addTask {
                    let count = 400 + 37 * task
                    return (count, RistrettoPoint.sum(generators.prefix(count)).encoded())
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let all = generators.prefix(1_000)
        for (count, sum) in prefixes {
            #expect(RistrettoPoint.sum(all[..<count]).encoded() == sum)
        }
    }
}

/// The files behind the table.
@Suite struct GeneratorCacheTests {
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = TemporaryFolder.notMadeYet()
        try body(folder.path)
    }

    private static func sum(_ generators: Generators) -> [UInt8] {
        RistrettoPoint.sum(generators.prefix(5_000)).encoded()
    }

    @Test func chunksAreStoredAndMappedAgain() throws {
        try Self.withFolder { folder in
            let cache = GeneratorCache(folder: folder)
            let expected = Self.sum(Generators(cache: nil))
            #expect(Self.sum(Generators(cache: cache)) == expected)
            for chunk in 0..<2 {
                let attributes = try FileManager.default.attributesOfItem(atPath: cache.path(chunk: chunk))
                #expect(attributes[.size] as? Int == 4_096 * 120 + 32)
                #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0)
            }
            #expect(!FileManager.default.fileExists(atPath: cache.path(chunk: 2)))
            #expect(Self.sum(Generators(cache: cache)) == expected)
        }
    }

    /// What is swapped in is a valid file for another chunk: if it were taken from there, the sum would change.
    @Test func aFileThatFitsIsWhatIsRead() throws {
        try Self.withFolder { folder in
            let cache = GeneratorCache(folder: folder)
            let expected = Self.sum(Generators(cache: cache))
            try Data(contentsOf: URL(fileURLWithPath: cache.path(chunk: 1)))
                .write(to: URL(fileURLWithPath: cache.path(chunk: 0)))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: cache.path(chunk: 0))
            #expect(Self.sum(Generators(cache: cache)) != expected, "the cache is not read, and this test says nothing")
        }
    }

    @Test(arguments: ["bit", "digest", "short", "long", "empty", "writable", "folder", "link"])
    func filesThatDoNotFitAreDerivedAgain(_ damage: String) throws {
        try Self.withFolder { folder in
            let cache = GeneratorCache(folder: folder)
            let expected = Self.sum(Generators(cache: cache))
            let path = cache.path(chunk: 0)
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            switch damage {
            case "bit": bytes[77_777] ^= 1
            case "digest": bytes[bytes.count - 1] ^= 1
            case "short": bytes.removeLast()
            case "long": bytes.append(0)
            case "empty": bytes = []
            default: bytes.swapAt(0, 1)
            }
            try FileManager.default.removeItem(atPath: path)
            switch damage {
            case "folder":
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case "link":
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: cache.path(chunk: 1))
            default:
                let mode = damage == "writable" ? 0o666 : 0o600
                if damage == "writable" {
                    bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: cache.path(chunk: 1))))
                }
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            #expect(Self.sum(Generators(cache: cache)) == expected)
        }
    }

    @Test func aFolderThatCannotBeWrittenIsNoError() {
        #expect(Self.sum(Generators(cache: GeneratorCache(folder: "/proc/none"))) == Self.sum(Generators(cache: nil)))
    }
}
