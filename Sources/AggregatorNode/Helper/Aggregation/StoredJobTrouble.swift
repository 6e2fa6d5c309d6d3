import Datastore

/// Why a stored job was not verified, and what follows. Pure.
package enum StoredJobTrouble: Equatable {
    /// The leader has deleted it, or it is another's, or has an answer.
    case gone
    /// The request would be refused if it came now: its task has ended, or does not have its key any more. None of its
    /// reports is accepted; the leader hears the reason when it posts the same bytes again.
    case refused
    /// Whatever it is, it passes.
    case passing

    package enum Next: Equatable {
        case nothing
        case forget
        /// After so many seconds.
        case again(seconds: Int)
    }

    package init(_ error: any Error) {
        switch error {
        case DatastoreError.leaseLost: self = .gone
        case DatastoreError.notServed: self = .refused
        case let error as NodeError: self = (400..<500).contains(error.status) ? .refused : .passing
        default: self = .passing
        }
    }

    /// - Parameter attempts: how often it was put off before.
    package func next(attempts: Int) -> Next {
        switch self {
        case .gone: .nothing
        case .refused: .forget
        case .passing: .again(seconds: Self.pause(attempts: attempts))
        }
    }

    /// In seconds; a minute at the most, because the leader asks for it all the time.
    package static func pause(attempts: Int) -> Int { min(1 << min(max(attempts, 0), 6), 60) }
}
