import DAP
import Ledger
import TransparencyLog

/// The type of a body.
package enum ContentType: Sendable, Hashable {
    /// A message of DAP-18.
    case dap(MediaType)
    /// A message of ours, `application/vnd.cairn.` and its name.
    case cairn(String)
    /// Bytes whose form the resource says.
    case bytes
    case text
    case json

    /// The value of `Content-Type`.
    package var header: String {
        switch self {
        case .dap(let type): type.headerValue
        case .cairn(let type): type
        case .bytes: "application/octet-stream"
        case .text: "text/plain; charset=utf-8"
        case .json: "application/json"
        }
    }

    package static let promisedWithdrawal = ContentType.cairn(PromisedWithdrawal.mediaType)
    package static let batchComparison = ContentType.cairn(BatchComparison.mediaType)
    package static let batchDifference = ContentType.cairn(BatchDifference.mediaType)
    package static let handshakeRequest = ContentType.cairn(HandshakeRequest.mediaType)
    package static let handshakeAnswer = ContentType.cairn(HandshakeAnswer.mediaType)
}

/// What a request's body may be.
package enum BodyRule: Sendable, Equatable {
    /// None is read.
    case nothing
    /// A body of one of these types and no longer than that.
    ///
    /// - Parameter isChecked: whether another `Content-Type`, or none, is refused with 415. (Where it is not, every type
    ///   that is not named counts as the first one.)
    case one(of: [ContentType], upTo: BodyBound, isChecked: Bool)

    /// The types that a client may send; the first is the usual one.
    package var types: [ContentType] {
        switch self {
        case .nothing: []
        case .one(let types, _, _): types
        }
    }
}

/// The longest body that a server reads.
package enum BodyBound: Sendable, Equatable {
    case bytes(Int)
    /// By what the task's largest message of this kind can need.
    case task(TaskBound)
}

/// Bounds that follow from a task, and are worked out where the task is known.
package enum TaskBound: String, Sendable, Hashable, CaseIterable {
    /// An upload: 16 MiB of reports, or one if it is longer.
    case upload
    /// A request about an aggregation job: 64 KiB and its reports, 64 MiB at most.
    case job
    /// A list of the reports of a batch: 64 KiB and 16 bytes for each report of the largest batch.
    case reports
    /// An owner's log entry and its blob: 4 MiB and 32 bytes for each coordinate, 256 MiB at most.
    case logEntry = "log entry"
}

/// Upper bounds of bodies, in bytes, of requests and of what peers answer. A request's body is refused with 413 as soon
/// as it passes its bound.
package enum BodyLimit {
    /// A job of reports, without the leader's input shares but with public shares and verifier shares.
    package static let aggregationJob = 64 << 20
    /// Requests of fixed fields and short lists.
    package static let small = 64 << 10
    /// Ids of reports about which the leader asks for the helper's word: those of a job, at most.
    package static let refusals = 1 << 20
    /// An owner's log entry and the blob that it names.
    package static let logEntry = 256 << 20
    /// A handshake: a thousand tasks, and the URLs and names of one node.
    package static let handshake = 128 << 10
    /// A withdrawal, with the leader's promise about the report.
    package static let withdrawal = PromisedWithdrawal.maximumSize
    /// A checkpoint and the proof that it extends another one.
    package static let checkpoint = AddCheckpointRequest.maximumSize
}
