import Foundation

/// Files of a contributor's home that are not encrypted.
enum HomeFile {
    static func read(_ file: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw ContributorError.file(path: file, reason: error.localizedDescription)
        }
    }

    /// Replaces a file in one step: a crash leaves the old or the new contents. The folder must exist.
    static func write(_ contents: [UInt8], to file: String) throws {
        let draft = "\(file).\(UUID().uuidString).part"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(contents))
            try handle.synchronize()
        } catch {
            unlink(draft)
            throw ContributorError.file(path: file, reason: error.localizedDescription)
        }
        guard rename(draft, file) == 0 else {
            unlink(draft)
            throw ContributorError.file(path: file, reason: String(cString: strerror(errno)))
        }
    }

    /// Does something while no other process, and nobody else in this one, does it in the same folder.
    static func locked<Result>(_ folder: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ContributorError.file(path: folder, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw ContributorError.file(path: folder, reason: String(cString: strerror(errno)))
            }
        }
        return try body()
    }

    static func createFolder(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ContributorError.file(path: folder, reason: error.localizedDescription)
        }
    }

    /// Names in a folder, sorted; none where the folder does not exist.
    static func names(in folder: String, suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted()
    }
}
