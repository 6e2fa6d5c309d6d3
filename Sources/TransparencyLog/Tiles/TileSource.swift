// Where a reader gets the files of a log from.

import DurableFiles
import Foundation

/// Why a source has no bytes to give.
public enum TileSourceError: Error, Equatable, Sendable {
    /// There is no such file. Readers rely on this case: for a missing partial tile they ask for the full one.
    case notFound(path: String)
    /// The path is not one that a log's file may have: empty, absolute, or with a part that begins with a dot.
    case forbiddenPath(String)
    /// The file exists and cannot be read; the number is the operating system's `errno`.
    case unreadable(path: String, errno: Int32)
}

/// The files of a log, by their path below the log's URL prefix.
///
/// A source is not trusted: whatever it returns is checked against a checkpoint. An implementation over a network must
/// bound what it reads; no tile is longer than `EntryBundle.maximumSize`.
public protocol TileSource: Sendable {
    /// The bytes at `path`: a tile or bundle path (`Tile.path`), or `checkpoint`.
    ///
    /// - Throws: `TileSourceError.notFound` when there is no such file, anything else when it could not be fetched.
    func tile(path: String) async throws -> [UInt8]
}

/// A log's files in a local directory, as `TileWriter` leaves them there or as a mirror copied them.
public struct DirectoryTileSource: TileSource {
    /// Path of the directory that has `checkpoint` and `tile/` in it.
    public let directory: String

    /// A source over this directory.
    public init(directory: String) {
        self.directory = directory
    }

    public func tile(path: String) async throws -> [UInt8] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }), !path.utf8.contains(0) else {
            throw TileSourceError.forbiddenPath(path)
        }
        do {
            guard let bytes = try LogDirectory(root: directory).read(path) else {
                throw TileSourceError.notFound(path: path)
            }
            return bytes
        } catch let failure as DurableFileError {
            throw TileSourceError.unreadable(path: path, errno: failure.errno)
        }
    }
}
