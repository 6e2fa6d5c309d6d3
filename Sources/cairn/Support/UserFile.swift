import DurableFiles
import Foundation

/// Files that a person names on the command line. Errors name the path and say what to do.
enum UserFile {
    /// Finds out, before something is done, that its result has a place to go.
    static func requireAbsent(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) {
            throw CommandFailure("\(path) exists", advice: "Name another file with --out.")
        }
    }

    /// Reads all of a file of at most `limit` bytes.
    static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandFailure("there is no file \(path)", advice: "Check the path.")
        }
        guard !isDirectory.boolValue else {
            throw CommandFailure("\(path) is a folder", advice: "Name a file in it.")
        }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            guard data.count <= limit else {
                throw CommandFailure("\(path) has \(data.count) bytes, more than the \(limit) that are read")
            }
            return Array(data)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(
                "\(path) cannot be read: \(error.localizedDescription)", advice: "Check its permissions.")
        }
    }

    static func readText(_ path: String) throws -> String {
        guard let text = String(validating: try read(path), as: UTF8.self) else {
            throw CommandFailure("\(path) is not UTF-8 text")
        }
        return text
    }

    /// A secret kept as one line of text: the line without its white space at either end.
    static func readLine(_ path: String) throws -> String {
        let line = try readText(path).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !line.isEmpty, !line.contains(where: \.isNewline) else {
            throw CommandFailure("\(path) does not hold exactly one line of text")
        }
        return line
    }

    static func create(_ path: String, _ contents: String, isSecret: Bool) throws {
        try create(path, Array(contents.utf8), isSecret: isSecret)
    }

    /// Creates a file that must not exist yet; `0600` from the first moment where it holds a secret.
    static func create(_ path: String, _ contents: [UInt8], isSecret: Bool) throws {
        do throws(DurableFileError) {
            try DurableFile.create(contents, at: path, mode: isSecret ? 0o600 : 0o644)
        } catch {
            guard error.errno != EEXIST else {
                throw CommandFailure(
                    "\(path) exists already, and is not overwritten", advice: "Choose another name, or remove it first."
                )
            }
            throw CommandFailure(
                "\(path) cannot be \(error.operation == .open ? "created" : "written"): \(error.reason)")
        }
    }

    /// Replaces a file in one step: readers see the old contents or the new, never a part.
    static func replace(_ path: String, _ contents: [UInt8]) throws {
        do throws(DurableFileError) {
            try DurableFile.write(contents, to: path, mode: nil)
        } catch {
            throw CommandFailure("\(path) cannot be written: \(error.reason)")
        }
    }

    /// Creates a folder and those above it; an existing one is left as it is.
    static func createFolder(_ path: String, permissions: UInt16 = 0o755) throws {
        do throws(DurableFileError) {
            try DurableFile.makeDirectory(path, mode: permissions)
        } catch {
            throw CommandFailure("the folder \(path) cannot be created: \(error.reason)")
        }
    }
}
