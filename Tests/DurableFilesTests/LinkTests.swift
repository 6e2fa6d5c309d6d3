import DurableFiles
import Foundation
import TestSupport
import Testing

/// Links that people put where a file is expected.
@Suite struct LinkTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("disk"), withIntermediateDirectories: true)
        try body(folder.path)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    /// A relative link, one that is absolute, and a chain of them.
    @Test(arguments: ["disk/key", "absolute", "chain"])
    func theTargetIsReplacedAndTheLinkStays(kind: String) throws {
        try inFolder { folder in
            let (path, target) = ("\(folder)/link", "\(folder)/disk/key")
            try DurableFile.write([1], to: target, mode: 0o600)
            switch kind {
            case "absolute": try link(path, to: target)
            case "chain":
                try link("\(folder)/disk/middle", to: "key")
                try link(path, to: "disk/middle")
            default: try link(path, to: kind)
            }
            try DurableFile.write([2, 3], to: path, mode: nil)
            #expect(try DurableFile.read(target, upTo: 10) == [2, 3])
            #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != nil)
            let mode = try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            // Drafts lie beside the target, on its disk, and are gone.
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(names == ["disk", "link"])
        }
    }

    @Test func aLinkToNothingGetsItsFileOnceAndALinkToAFileIsNoFreePlace() throws {
        try inFolder { folder in
            try link("\(folder)/link", to: "disk/new")
            try DurableFile.create([1], at: "\(folder)/link", mode: 0o600)
            #expect(try DurableFile.read("\(folder)/disk/new", upTo: 10) == [1])
            do throws(DurableFileError) {
                try DurableFile.create([2], at: "\(folder)/link", mode: 0o600)
                Issue.record("the file was made twice")
            } catch { #expect(error.errno == EEXIST) }
            #expect(try DurableFile.read("\(folder)/disk/new", upTo: 10) == [1])
        }
    }

    @Test func linksInACircleEndInAnError() throws {
        try inFolder { folder in
            try link("\(folder)/a", to: "b")
            try link("\(folder)/b", to: "a")
            do throws(DurableFileError) {
                try DurableFile.write([1], to: "\(folder)/a", mode: nil)
                Issue.record("a circle was written to")
            } catch { #expect(error.errno == ELOOP) }
        }
    }
}
