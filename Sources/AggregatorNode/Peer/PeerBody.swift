import NIOCore
import Synchronization

/// What a request to the peer carries.
package enum PeerBody: Sendable {
    case bytes([UInt8])
    /// Made while it is sent, anew for each attempt, and of this length: for lists as long as a batch.
    case pages(length: Int, make: @Sendable () -> AsyncThrowingStream<ByteBuffer, any Error>)

    /// A head and pages behind it. The next page is fetched when the peer has taken the one before.
    ///
    /// - Parameters:
    ///   - length: of all together. A body that turns out otherwise is an error, and the request not a whole one.
    ///   - next: a page and where the one behind it begins; nil behind the last.
    package static func pages<Cursor: Sendable>(
        length: Int, head: [UInt8], from start: Cursor,
        _ next: @escaping @Sendable (Cursor) async throws -> (page: [UInt8], cursor: Cursor)?
    ) -> PeerBody {
        .pages(length: length) {
            // Nil before the head. Whoever reads a stream asks for one element after the other.
            let position = Mutex<Cursor?>(nil)
            return AsyncThrowingStream(unfolding: {
                guard let cursor = position.withLock({ $0 }) else {
                    position.withLock { $0 = start }
                    return ByteBuffer(bytes: head)
                }
                guard let (page, following) = try await next(cursor) else { return nil }
                position.withLock { $0 = following }
                return ByteBuffer(bytes: page)
            })
        }
    }
}
