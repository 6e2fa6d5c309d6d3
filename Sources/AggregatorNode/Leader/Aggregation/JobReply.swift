import DAP

/// What the helper's answer means for a pending aggregation job (DAP-18, Leader Initialization). Pure.
package enum JobReply: Equatable {
    case ready(AggregationJobResp)
    /// The helper works on it: ask again after so many seconds, under this id.
    case deferred(id: String?, seconds: Int)
    /// The helper does not know the id it gave us: the job has to be posted again.
    case forgotten
    /// The helper cannot take the job now; a person may have to act (task not added yet, wrong token).
    case later(String)
    /// The job can never succeed as it is.
    case abandon(String)

    /// - Parameter isPoll: whether the answer is to a GET of the job, else to the POST that creates it.
    package static func interpret(_ response: PeerResponse, isPoll: Bool) -> JobReply {
        guard response.isSuccess else { return refusal(response, isPoll: isPoll) }
        guard !response.body.isEmpty else {
            let id = response.header("Location").flatMap(resourceID)
            guard isPoll || id != nil else { return .abandon("the helper deferred the job without a usable Location") }
            return .deferred(id: id, seconds: response.retryAfter ?? 1)
        }
        do {
            return .ready(try AggregationJobResp(decoding: response.body))
        } catch {
            return .abandon("the helper's response is malformed: \(error)")
        }
    }

    private static func refusal(_ response: PeerResponse, isPoll: Bool) -> JobReply {
        let problem = response.problem
        let text = problem?.description ?? "status \(response.status)"
        switch problem?.type {
        case .unrecognizedAggregationJob: return isPoll ? .forgotten : .abandon(text)
        case .unrecognizedTask, .invalidTask: return .later(text)
        case .some: return .abandon(text)
        case nil: break
        }
        switch response.status {
        case 404, 410: return isPoll ? .forgotten : .later(text)
        case 400, 413, 415, 422: return .abandon(text)
        default: return .later(text)
        }
    }

    /// The last part of a Location's path. We ask at the helper's own address, never at one that a response names:
    /// the request carries our token.
    package static func resourceID(inLocation location: String) -> String? {
        let path = location.prefix { $0 != "?" && $0 != "#" }
        guard let last = path.split(separator: "/").last, last.utf8.count <= 128 else { return nil }
        let isName = last.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F
        }
        return isName ? String(last) : nil
    }
}
