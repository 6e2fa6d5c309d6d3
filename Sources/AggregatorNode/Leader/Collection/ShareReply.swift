import DAP
import Ledger
import Requests

/// What the helper's answer means for a collection (DAP-18, Obtaining Aggregate Shares, and Cairn's own resources beside
/// it). Pure.
///
/// A proxy in between can answer anything, also after the helper has done what it was asked. So only two things are the
/// helper's word: a problem document of one of DAP's types, and a success of the expected media type that decodes to its
/// last byte. After everything else the identical request is sent again; every request of a collection is idempotent.
package enum ShareReply<Content: Sendable & Equatable>: Sendable, Equatable {
    case complete(Content)
    /// The helper works on it: ask again after so many seconds, under this id.
    case deferred(id: String?, seconds: Int)
    /// The helper does not know the id that it gave: the request has to be posted again.
    case forgotten
    /// The helper does not have this resource: it is no Cairn node.
    case unsupported
    /// Neither the helper nor what stands before it takes a request of this length: that does not pass by itself, unless the
    /// server is being set up. It may ask for some seconds.
    case tooLong(String, seconds: Int?)
    /// The helper's own refusal.
    case refused(DAPErrorType, detail: String)
    /// Nothing that counts; the server may ask for some seconds.
    case later(String, seconds: Int?)
}

/// What kind of answer is expected.
package enum ShareRequest: Sendable, CaseIterable {
    /// `POST …/aggregate_shares`.
    case share
    /// `GET …/aggregate_shares/{id}`.
    case poll
    /// `POST …/closes`.
    case close
    /// `POST …/refusals`.
    case refusals
    /// `POST …/batches`.
    case comparison

    /// What the answer is called in messages.
    package var name: String {
        switch self {
        case .share, .poll: "its aggregate share"
        case .close: "the close of the batch"
        case .refusals: "its word on reports that it refused"
        case .comparison: "which reports of the batch it lacks"
        }
    }

    private func body(_ response: WebAnswer) -> [UInt8]? {
        switch self {
        case .share, .poll: response.message(.aggregateShare)
        case .close, .refusals: response.body(of: "application/octet-stream")
        case .comparison: response.body(of: BatchDifference.mediaType)
        }
    }

    /// Whether the request is as long as its batch.
    private var isList: Bool { self == .close || self == .comparison }

    private var mayBeDeferred: Bool { self == .share || self == .poll }

    /// - Parameters:
    ///   - task: whose answer it is; a problem document about another task is a mistake of somebody in between.
    ///   - decode: throws where the body is not the whole message.
    package func interpret<Content: Sendable & Equatable>(
        _ response: WebAnswer, task: TaskID, decode: ([UInt8]) throws -> Content
    ) -> ShareReply<Content> {
        let wait = response.retryAfter
        guard response.isSuccess else { return refusal(response, task, wait) }
        if response.body.isEmpty, mayBeDeferred {
            let id = response.header("Location").flatMap(JobReply.resourceID(inLocation:))
            guard self == .poll || id != nil else {
                return .later("an empty answer that does not say where the share will be", seconds: wait)
            }
            return .deferred(id: id, seconds: wait ?? 1)
        }
        guard let body = body(response) else {
            return .later("status \(response.status) with something else than \(name)", seconds: wait)
        }
        do {
            return .complete(try decode(body))
        } catch {
            return .later("an answer that is cut short or damaged: \(error)", seconds: wait)
        }
    }

    private func refusal<Content: Sendable & Equatable>(
        _ response: WebAnswer, _ task: TaskID, _ wait: Int?
    ) -> ShareReply<Content> {
        // DAP-18, Errors: a problem document comes with a client or server error. What a server calls its own failure,
        // or a matter of time, is not final whatever else it says.
        let isClientError = (400..<500).contains(response.status) && ![408, 425, 429].contains(response.status)
        if isClientError, let problem = response.dapProblem, let type = problem.type,
            problem.taskID == nil || problem.taskID == task
        {
            let text = problem.detail ?? type.title
            switch type {
            // An operator can add the task.
            case .unrecognizedTask, .invalidTask:
                return .later("\(response.status) \(type.rawValue): \(text)", seconds: wait)
            default: return .refused(type, detail: text)
            }
        }
        // A problem document without one of DAP's types is still the best that there is to say.
        let words = response.readableProblem.flatMap { $0.detail ?? $0.title }
        let text = "status \(response.status)" + (words.map { ": \($0)" } ?? "")
        switch (self, response.status) {
        case (_, 413) where isList: return .tooLong(PeerText.short(text), seconds: wait)
        case (.poll, 404), (.poll, 410): return .forgotten
        case (.comparison, 404), (.comparison, 405), (.comparison, 501): return .unsupported
        default: return .later(text, seconds: wait)
        }
    }
}

extension ShareReply {
    /// Why the step cannot be finished now. (For replies that neither complete nor end it.)
    func unavailable(_ request: ShareRequest) -> HelperUnavailable {
        switch self {
        case .later(let reason, let seconds):
            HelperUnavailable(description: "\(request.name): \(reason)", retryAfter: seconds)
        case .deferred(_, let seconds):
            HelperUnavailable(description: "\(request.name): deferred", retryAfter: seconds)
        case .forgotten:
            HelperUnavailable(description: "\(request.name): it does not know the name that it gave it; asking anew")
        case .refused(let type, let detail):
            HelperUnavailable(description: "\(request.name): \(type.rawValue): \(detail)")
        case .tooLong(let reason, let seconds):
            HelperUnavailable(description: "\(request.name): too long a request: \(reason)", retryAfter: seconds)
        case .unsupported: HelperUnavailable(description: "\(request.name): it has no such resource")
        case .complete: HelperUnavailable(description: "\(request.name): not usable")
        }
    }
}

extension WebAnswer {
    /// The body of a success of a media type outside DAP's; parameters do not matter.
    fileprivate func body(of mediaType: String) -> [UInt8]? { isSuccess && hasMediaType(mediaType) ? body : nil }
}
