import Foundation
import Synchronization

/// The bodies of upload requests, made before anything is measured: on disk, so that memory does not grow with their
/// number.
///
/// The file loses its name as soon as it is open, so nothing of it is left behind however the process ends.
package final class RequestFile: Sendable {
    /// One request.
    private struct Place {
        var offset: Int
        var bytes: Int
        var reports: Int
    }

    private struct State {
        var end = 0
        var places: [Place] = []
    }

    private let descriptor: Int32
    private let folder: String
    private let state = Mutex(State())

    /// - Parameter folder: exists, and has room for all requests.
    package init(in folder: String) throws(BenchError) {
        self.folder = folder
        let path = "\(folder)/requests"
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("made", in: folder) }
        unlink(path)
    }

    deinit { close(descriptor) }

    /// How many requests there are.
    package var count: Int { state.withLock { $0.places.count } }

    /// Bytes of all requests.
    package var byteCount: Int { state.withLock { $0.end } }

    /// Adds a request behind the others. May be called from several threads at once.
    package func append(_ body: [UInt8], reports: Int) throws(BenchError) {
        let offset = state.withLock { state in
            state.places.append(Place(offset: state.end, bytes: body.count, reports: reports))
            state.end += body.count
            return state.end - body.count
        }
        var written = 0
        while written < body.count {
            let count = body.withUnsafeBytes { bytes in
                pwrite(
                    descriptor, bytes.baseAddress.map { $0 + written }, body.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("written", in: folder) }
            written += count
        }
    }

    /// Forces everything to the disk, so that writing it does not disturb what is measured later.
    package func sync() throws(BenchError) {
        guard fsync(descriptor) == 0 else { throw Self.failure("written", in: folder) }
    }

    /// A request's body, and how many reports it has.
    ///
    /// - Precondition: `index` is below ``count``.
    package func request(_ index: Int) throws(BenchError) -> (body: [UInt8], reports: Int) {
        let place = state.withLock { $0.places[index] }
        var read = 0
        var hasFailed = false
        let body = [UInt8](unsafeUninitializedCapacity: place.bytes) { buffer, initialized in
            while read < place.bytes {
                let count = pread(
                    descriptor, buffer.baseAddress.map { $0 + read }, place.bytes - read, off_t(place.offset + read))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    hasFailed = true
                    break
                }
                read += count
            }
            initialized = read
        }
        guard !hasFailed else { throw Self.failure("read", in: folder) }
        return (body, place.reports)
    }

    private static func failure(_ what: String, in folder: String) -> BenchError {
        .system("the file of reports in \(folder) cannot be \(what): \(String(cString: strerror(errno)))")
    }
}
