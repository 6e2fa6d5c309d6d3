import Datastore
import DurableFiles
import Foundation
import NIOCore

/// A failure of this machine's resources, by which nobody's request is wrong: it may be repeated later.
enum Shortage: Equatable {
    case disk, descriptors, memory

    init?(_ error: any Error) {
        switch error {
        case DatastoreError.full: self = .disk
        case let error as DurableFileError: self.init(code: error.errno)
        case let error as IOError: self.init(code: error.errnoCode)
        default: return nil
        }
    }

    private init?(code: Int32) {
        switch code {
        // A file that must not grow any more is a full disk to whoever writes it.
        case ENOSPC, EDQUOT, EFBIG: self = .disk
        case EMFILE, ENFILE: self = .descriptors
        case ENOMEM, ENOBUFS: self = .memory
        default: return nil
        }
    }

    var refusal: NodeError {
        switch self {
        case .disk: .insufficientStorage
        case .descriptors: .unavailable("This node has too many files and connections open.", retryAfter: 5)
        case .memory: .unavailable("This node is short of memory.", retryAfter: 5)
        }
    }
}

extension NodeError {
    /// The disk is full, or so full that the rest is kept for what has been promised already.
    package static let insufficientStorage = NodeError.http(
        507, "This node's disk is nearly full; its operator has to make room.",
        headers: [.init("Retry-After", "60")])
}
