import DurableFiles
import Foundation
import TestSupport
import Testing

extension TemporaryFolder {
    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
        return try #require(attributes[.posixPermissions] as? Int)
    }
}

@Suite struct DurableFileTests {
    @Test func aFileIsReplacedAndNothingElseIsLeft() throws {
        let folder = try TemporaryFolder()
        for bytes in [[], [1, 2, 3], [UInt8](repeating: 7, count: 300_000), [4]] {
            try DurableFile.write(bytes, to: folder.file("a"), mode: 0o600)
            #expect(try DurableFile.read(folder.file("a"), upTo: bytes.count) == bytes)
            #expect(try folder.names == ["a"])
        }
    }

    @Test func aFileHasTheModeThatWasAskedForFromItsFirstMoment() throws {
        let folder = try TemporaryFolder()
        for mode in [0o600, 0o640, 0o666] {
            try DurableFile.write([1], to: folder.file("a"), mode: UInt16(mode))
            #expect(try folder.mode("a") == mode)
        }
        // Without one, an owner's choice stays.
        try DurableFile.write([1], to: folder.file("b"), mode: nil)
        #expect(try folder.mode("b") & 0o600 == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("b"))
        try DurableFile.write([2], to: folder.file("b"), mode: nil)
        #expect(try folder.mode("b") == 0o640)
    }

    /// Readers race with a writer of two contents that differ in length and in every byte.
    @Test func aReaderSeesTheOldFileOrTheNewOneWhole() async throws {
        let folder = try TemporaryFolder()
        let contents = [[UInt8](repeating: 1, count: 200_000), [UInt8](repeating: 2, count: 300_000)]
        try DurableFile.write(contents[0], to: folder.file("a"), mode: 0o600)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...60 {
                    try DurableFile.write(contents[number % 2], to: folder.file("a"), mode: 0o600)
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<200 {
                        let seen = try #require(try DurableFile.read(folder.file("a"), upTo: .max))
                        #expect(seen == contents[0] || seen == contents[1], "\(seen.count) bytes")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aFailureLeavesTheOldFileAndNoDraft() throws {
        let folder = try TemporaryFolder()
        // A folder that is not empty cannot be replaced by a file: everything goes well up to the rename.
        try FileManager.default.createDirectory(atPath: folder.file("a/b"), withIntermediateDirectories: true)
        let error = #expect(throws: DurableFileError.self) {
            try DurableFile.write([1], to: folder.file("a"), mode: 0o600)
        }
        #expect(error?.operation == .replace && error?.path == folder.file("a"), "\(String(describing: error))")
        #expect(try folder.names == ["a"])
        let missing = #expect(throws: DurableFileError.self) {
            try DurableFile.write([1], to: folder.file("none/a"), mode: 0o600)
        }
        #expect(missing?.operation == .open && missing?.errno == ENOENT)
        #expect(try folder.names == ["a"])
    }

    /// Whoever logs only what is news compares the words of one failure with those of the next.
    @Test func theSameFailureHasTheSameWordsEachTimeAndNamesTheFile() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("a/b"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "none/b")
        for name in ["a", "none/a", "link"] {
            let replaced = (0..<2).map { _ in
                #expect(throws: DurableFileError.self) {
                    try DurableFile.write([1], to: folder.file(name), mode: 0o600)
                }
            }
            #expect(replaced[0] == replaced[1] && replaced[0]?.path == folder.file(name), "\(replaced)")
            let created = (0..<2).map { _ in
                #expect(throws: DurableFileError.self) {
                    try DurableFile.create([1], at: folder.file(name), mode: 0o600)
                }
            }
            #expect(created[0] == created[1] && created[0]?.path == folder.file(name), "\(created)")
        }
    }

    @Test func whatAnotherHasWrittenGetsItsPlaceWholeAndItsDraftGoes() throws {
        let folder = try TemporaryFolder()
        func draft(_ bytes: [UInt8]) throws { try DurableFile.write(bytes, to: folder.file("draft"), mode: 0o600) }
        try draft([1])
        try DurableFile.adopt(folder.file("draft"), as: folder.file("a"), .creating)
        #expect(try folder.names == ["a"])
        try draft([2])
        let taken = #expect(throws: DurableFileError.self) {
            try DurableFile.adopt(folder.file("draft"), as: folder.file("a"), .creating)
        }
        #expect(taken?.errno == EEXIST && taken?.path == folder.file("a"))
        #expect(try folder.names == ["a"] && DurableFile.read(folder.file("a"), upTo: 10) == [1])
        try draft([3])
        try DurableFile.adopt(folder.file("draft"), as: folder.file("a"), .replacing)
        #expect(try folder.names == ["a"] && DurableFile.read(folder.file("a"), upTo: 10) == [3])
    }

    /// A disk that is full in the middle of a file: `/dev/full` takes nothing.
    @Test func aPartThatWasWrittenIsAFailure() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        defer { close(full) }
        let error = #expect(throws: DurableFileError.self) {
            try DurableFile.writeAll([1, 2, 3], to: full, path: "the file")
        }
        #expect(error?.operation == .write && error?.errno == ENOSPC && error?.path == "the file")
    }

    @Test func whatExistsIsNotCreatedAgain() throws {
        let folder = try TemporaryFolder()
        try DurableFile.create([1], at: folder.file("a"), mode: 0o600)
        #expect(try folder.mode("a") == 0o600)
        let error = #expect(throws: DurableFileError.self) {
            try DurableFile.create([2], at: folder.file("a"), mode: 0o600)
        }
        #expect(error?.errno == EEXIST)
        #expect(try DurableFile.read(folder.file("a"), upTo: 10) == [1])
    }

    @Test func whatIsTooLongOrMissingIsNotRead() throws {
        let folder = try TemporaryFolder()
        #expect(try DurableFile.read(folder.file("none"), upTo: 10) == nil)
        try DurableFile.write([1, 2, 3], to: folder.file("a"), mode: 0o600)
        #expect(try DurableFile.read(folder.file("a"), upTo: 3) == [1, 2, 3])
        let error = #expect(throws: DurableFileError.self) { try DurableFile.read(folder.file("a"), upTo: 2) }
        #expect(error?.operation == .tooLong)
        #expect(throws: DurableFileError.self) { try DurableFile.read(folder.path, upTo: 10) }
    }
}

@Suite struct DurableFolderTests {
    @Test func foldersAreMadeWithThoseAboveThemAndLeftAloneAfterwards() throws {
        let folder = try TemporaryFolder()
        try DurableFile.makeDirectory(folder.file("a/b/c/"), mode: 0o700)
        for name in ["a", "a/b", "a/b/c"] { #expect(try folder.mode(name) == 0o700, "\(name)") }
        try DurableFile.makeDirectory(folder.file("a/b"), mode: 0o755)
        #expect(try folder.mode("a/b") == 0o700)
        #expect(try DurableFile.createDirectories(folder.file("a/d/e")) == [folder.file("a/d"), folder.file("a/d/e")])
        #expect(try DurableFile.createDirectories(folder.file("a/d/e")) == [])
    }

    /// Such as those of /proc, which are there and say that they are not.
    @Test func aFolderThatTakesNoFoldersIsAnError() throws {
        for path in ["/proc/cairn", "/proc/cairn/a/b"] {
            let error = #expect(throws: DurableFileError.self) { try DurableFile.makeDirectory(path) }
            #expect(error?.operation == .createDirectory, "\(path)")
        }
    }

    @Test func aFileIsNoFolder() throws {
        let folder = try TemporaryFolder()
        try DurableFile.write([1], to: folder.file("a"), mode: 0o600)
        for path in ["a", "a/b"] {
            let error = #expect(throws: DurableFileError.self) { try DurableFile.makeDirectory(folder.file(path)) }
            #expect(error?.operation == .createDirectory && error?.errno == ENOTDIR, "\(path)")
        }
        #expect(throws: DurableFileError.self) { try DurableFile.syncDirectory(folder.file("a")) }
        #expect(throws: DurableFileError.self) { try DurableFile.syncFolder(of: folder.file("none/a")) }
    }

    @Test func pathsWithoutAFolderAreInTheCurrentOne() throws {
        try DurableFile.syncFolder(of: "a")
        try DurableFile.syncFolder(of: "/a")
        try DurableFile.syncFolder(of: "/")
    }
}
