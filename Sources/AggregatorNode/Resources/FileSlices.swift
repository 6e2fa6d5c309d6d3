import DurableFiles
import Foundation
import Hummingbird
import NIOPosix

/// A file on its way to a client: a slice at a time, as fast as the client takes it, with no descriptor held in between.
///
/// A reader who takes nothing costs a slice of memory, not a file of 128 MiB. Only files that are never changed once they
/// exist may be longer than a slice.
struct FileSlices: Sendable {
    static let sliceBytes = 256 << 10

    private let path: String
    private let size: Int
    private let first: [UInt8]

    /// Reads the first slice.
    ///
    /// - Returns: nil when there is no such file.
    init?(path: String, upTo limit: Int) throws(DurableFileError) {
        self.path = path
        guard let (bytes, size) = try Self.read(path, from: 0) else { return nil }
        guard size <= limit else {
            var error = DurableFileError.last(.tooLong, path)
            (error.reason, error.errno) = ("more than \(limit) bytes", 0)
            throw error
        }
        (first, self.size) = (bytes, size)
    }

    var responseBody: ResponseBody {
        guard first.count < size else { return ResponseBody(byteBuffer: ByteBuffer(bytes: first)) }
        return ResponseBody(contentLength: size) { [self] writer in
            var sent = first.count
            try await writer.write(ByteBuffer(bytes: first))
            while sent < size {
                let next = try await NIOThreadPool.singleton.runIfActive { [sent] in try Self.read(path, from: sent) }
                guard let (bytes, now) = next, now == size, !bytes.isEmpty else { throw Changed() }
                sent += bytes.count
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
    }

    /// The file is not what it was; its answer breaks off.
    private struct Changed: Error {}

    /// - Returns: a slice, and the size of the whole file; nil when there is none.
    private static func read(_ path: String, from offset: Int) throws(DurableFileError) -> (bytes: [UInt8], size: Int)?
    {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .last(.open, path)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .last(.read, path) }
        let size = Int(status.st_size)
        var bytes = [UInt8](repeating: 0, count: max(0, min(sliceBytes, size - offset)))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + count }, buffer.count - count, off_t(offset + count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .last(.read, path) }
            if got == 0 { break }
            count += got
        }
        return (Array(bytes.prefix(count)), size)
    }
}
