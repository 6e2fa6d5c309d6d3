import AggregatorNode
import DAP
import FaultProxy
import Foundation
import Synchronization

/// A helper that answers aggregation jobs in one of the ways that DAP-18 allows: ours, with a proxy in front that keeps its
/// answers and hands them out as it likes.
final class LegalHelper: Sendable {
    enum Manner: String, CaseIterable, Sendable {
        /// 201 and the answer.
        case createdWithTheAnswer
        /// Any success may say that the job is not ready (DAP-18, HTTP Status Codes).
        case acceptedAndEmpty, createdAndEmpty, noContent
        /// A SHOULD that some do not follow.
        case withoutRetryAfter
        /// Retry-After as a date.
        case untilADate
        /// A name with the whole URL.
        case absoluteLocation
        /// A name below another path, of another form.
        case otherPath
        /// A name relative to the request.
        case relativeLocation
        /// Every poll is told another name.
        case movingLocation
        /// Polls are told no name.
        case silentPolls
        /// The answer to a poll comes with another status, and a name.
        case pollsWith201
        /// It has lost the job when it is asked for: DAP's error, and what HTTP has for that.
        case forgetsWithAProblem, forgetsWith404, forgetsWith410
        /// It has lost the job twice.
        case forgetsTwice
        /// The request that creates the job again is answered at once.
        case answersTheSecondRequest
    }

    private struct Job {
        var answer: ProxyAnswer
        var names: [String] = []
        var polls = 0
        var posts = 0
        var isForgotten = false
    }

    private struct State {
        /// By the body of the request.
        var jobs: [[UInt8]: Job] = [:]
        var polled: [String] = []
    }

    let manner: Manner
    private let state = Mutex(State())

    init(_ manner: Manner) { self.manner = manner }

    /// The names that were polled for, in order.
    var polled: [String] { state.withLock { $0.polled } }
    /// How often each job was posted.
    var posts: [Int] { state.withLock { $0.jobs.values.map(\.posts) } }

    var script: OddHelper.Script {
        { asked in
            if asked.method == "POST" { return self.created(asked) }
            return .instead { Answer(self.answerPoll(asked.path)) }
        }
    }

    // MARK: Requests

    private func created(_ asked: OddHelper.Asked) -> Fault {
        let body = asked.body
        return .after { answer in
            guard answer.status == 200 else { return answer }
            return Answer(self.state.withLock { self.create(body, answer.proxied, path: asked.path, &$0) })
        }
    }

    private func create(_ body: [UInt8], _ answer: ProxyAnswer, path: String, _ state: inout State) -> ProxyAnswer {
        var job = state.jobs[body] ?? Job(answer: answer)
        job.posts += 1
        job.isForgotten = false
        defer { state.jobs[body] = job }
        switch manner {
        case .createdWithTheAnswer:
            var created = answer
            created.status = 201
            return created
        case .answersTheSecondRequest where job.posts > 1: return answer
        default: break
        }
        let location = answer["Location"] ?? ""
        let real = String(location.split(separator: "/").last ?? "")
        let name =
            switch manner {
            case .otherPath: "job_\(job.posts)-\(real)"
            default: real
            }
        job.names.append(name)
        return deferral(name, path: path)
    }

    private func answerPoll(_ path: String) -> ProxyAnswer {
        state.withLock { state in
            let name = String(path.split(separator: "/").last ?? "")
            state.polled.append(name)
            guard let (body, found) = state.jobs.first(where: { $1.names.last == name && !$1.isForgotten }) else {
                return Self.unknown
            }
            var job = found
            job.polls += 1
            defer { state.jobs[body] = job }
            switch manner {
            case .forgetsWithAProblem where job.posts == 1, .forgetsTwice where job.posts <= 2,
                .answersTheSecondRequest:
                job.isForgotten = true
                return Self.unknown
            case .forgetsWith404 where job.posts == 1:
                job.isForgotten = true
                return .page(404)
            case .forgetsWith410 where job.posts == 1:
                job.isForgotten = true
                return ProxyAnswer(status: 410)
            case .movingLocation where job.polls < 4:
                let next = "moved-\(job.polls)-\(job.names[0])"
                job.names.append(next)
                return deferral(next, path: String(path.dropLast(name.count + 1)))
            default: break
            }
            if job.polls % 3 != 0 { return deferral(name, path: String(path.dropLast(name.count + 1)), isPoll: true) }
            var answer = job.answer
            switch manner {
            case .pollsWith201: answer.status = 201
            default: answer["Location"] = nil
            }
            return answer
        }
    }

    // MARK: Answers

    private static let unknown = Answer.problem(.dap(.unrecognizedAggregationJob, "There is no such job.")).proxied

    /// - Parameter path: of the resource that creates jobs.
    private func deferral(_ name: String, path: String, isPoll: Bool = false) -> ProxyAnswer {
        var answer = ProxyAnswer(status: 200)
        switch manner {
        case .acceptedAndEmpty: answer.status = 202
        case .createdAndEmpty: answer.status = isPoll ? 200 : 201
        case .noContent: answer.status = 204
        default: break
        }
        answer["Location"] =
            switch manner {
            case .absoluteLocation: "http://127.0.0.1:1\(path)/\(name)?step=0"
            case .otherPath: "/elsewhere/\(name)?step=0&more=1#part"
            case .relativeLocation: "aggregation_jobs/\(name)?step=0"
            case .silentPolls where isPoll: nil
            default: "\(path)/\(name)?step=0"
            }
        answer["Retry-After"] =
            switch manner {
            case .withoutRetryAfter: nil
            case .untilADate: Self.date(Date().addingTimeInterval(1))
            default: "0"
            }
        return answer
    }

    private static func date(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }
}
