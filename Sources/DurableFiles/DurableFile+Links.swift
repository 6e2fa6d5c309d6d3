import Foundation

// Links, which people put where a file is expected: a home on another disk, a key in a store. (The type is in
// `DurableFile.swift`.)

extension DurableFile {
    /// The longest chain of links that is followed, as for the system itself.
    private static let longestChain = 40

    /// Where a file that is written at `path` belongs: what the link there names, however many links that takes, or the path
    /// itself. A file that is renamed into its place would replace the link, and leave the file behind it as it was.
    ///
    /// - Returns: a path whose last component is no link. It may name nothing yet.
    /// - Throws: for links that lead in a circle, and for what cannot be looked at.
    package static func target(of path: String) throws(DurableFileError) -> String {
        var place = path
        for _ in 0..<longestChain {
            var status = stat()
            guard lstat(place, &status) == 0 else {
                if errno == ENOENT { return place }
                throw .last(.open, path)
            }
            guard status.st_mode & S_IFMT == S_IFLNK else { return place }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(place, &buffer, buffer.count)
            guard count > 0 else { throw .last(.open, path) }
            let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let above = folder(of: place)
            place = link.hasPrefix("/") || above == "." ? link : above == "/" ? "/\(link)" : "\(above)/\(link)"
        }
        errno = ELOOP
        throw .last(.open, path)
    }
}
