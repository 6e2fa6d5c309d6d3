import DAP
import Requests

/// What the helper's answer means for a pending aggregation job (DAP-18, Leader Initialization). Pure.
///
/// An answer may come from whatever stands between the nodes, and it may come after the helper has committed the job's
/// reports. So next to nothing is an answer: a whole `AggregationJobResp` under its media type, or one of DAP's own
/// errors in a problem document. After anything else the same bytes are sent again.
package enum JobReply: Equatable {
    /// As many verdicts as there are reports; whose they are is the next question.
    case ready(AggregationJobResp)
    /// The helper works on it: ask again after so many seconds, if it says how many, under this id.
    case deferred(id: String?, seconds: Int?)
    /// The helper does not know the id it gave us: the same bytes have to be posted again.
    case forgotten
    /// No answer that means anything. A person may have to act (task not added yet, wrong token, a proxy that answers in
    /// the helper's place).
    case later(String, seconds: Int?)
    /// The helper does not take this request, and so has committed nothing of it.
    case refused(String)
    /// An answer of the right type that answers more than was asked.
    case wrong(String)

    /// - Parameters:
    ///   - isPoll: whether the answer is to a GET of the job, else to the POST that creates it.
    ///   - reportCount: how many reports the request has.
    ///   - task: the request's task; a problem document that names another one is not about it.
    package static func interpret(
        _ response: WebAnswer, isPoll: Bool, reportCount: Int, task: TaskID? = nil
    ) -> JobReply {
        guard response.isSuccess else { return refusal(response, isPoll: isPoll, task: task) }
        guard !response.body.isEmpty else {
            let id = response.header("Location").flatMap(resourceID)
            guard isPoll || id != nil else { return later("an empty answer that names no job", response) }
            return .deferred(id: id, seconds: response.retryAfter)
        }
        guard let body = response.message(.aggregationJobResp) else {
            return later("not an answer to an aggregation job: \(response.summary)", response)
        }
        let message: AggregationJobResp
        do throws(CodecError) { message = try AggregationJobResp(decoding: body) } catch {
            return later("an answer that cannot be decoded: \(error)", response)
        }
        let count = message.responses.count
        if count < reportCount { return later("an answer about \(count) of \(reportCount) reports", response) }
        guard count == reportCount else { return .wrong("an answer about \(count) reports instead of \(reportCount)") }
        return .ready(message)
    }

    private static func refusal(_ response: WebAnswer, isPoll: Bool, task: TaskID?) -> JobReply {
        guard let problem = response.dapProblem, let type = problem.type, isAnswer(response.status),
            problem.taskID == nil || task == nil || problem.taskID == task
        else {
            // A job that is not there is created again: that repeats the same bytes, too.
            if isPoll, [404, 410].contains(response.status) { return .forgotten }
            return later(response.summary, response)
        }
        switch type {
        case .unrecognizedAggregationJob: return isPoll ? .forgotten : later(response.summary, response)
        // Not about the reports: the helper's operator has not added the task, or added another.
        case .unrecognizedTask, .invalidTask: return later(response.summary, response)
        default: return .refused(response.summary)
        }
    }

    /// Whether a status is an answer to the request itself. Others are about who asks, or when.
    private static func isAnswer(_ status: Int) -> Bool {
        (400..<500).contains(status) && ![401, 403, 407, 408, 421, 425, 429].contains(status)
    }

    private static func later(_ reason: String, _ response: WebAnswer) -> JobReply {
        .later(PeerText.short(reason), seconds: response.retryAfter)
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
