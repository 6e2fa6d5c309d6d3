import Dispatch
import Synchronization
import Testing
import VDAF

/// One flipped bit of an encoded report.
struct Mutation: Hashable, CustomStringConvertible {
    enum Message: Hashable {
        case publicShare
        case inputShare(aggregator: Int)
    }

    let message: Message
    /// Bit `bit % 8` of byte `bit / 8`.
    let bit: Int

    var description: String { "\(message), byte \(bit / 8), bit \(bit % 8)" }
}

/// What refuses a report.
enum Check: Hashable, CaseIterable {
    /// The decoder of the public share or of an input share.
    case decoding
    /// An aggregator whose own joint-randomness part is not the one in the public share.
    case ownPart
    /// The sum of the verifier shares.
    case proof
    /// The comparison of joint-randomness seeds when the verifier message is consumed.
    case verifierMessage
}

/// What verification made of a report.
enum Verdict<Output: Sendable>: Sendable {
    /// No aggregator has an output share to accumulate, because of each of these checks.
    case refused(by: Set<Check>)
    /// Every aggregator has one; in order of aggregator ID.
    case accepted([Output])
    /// Some have one and some have not: a report that would spoil the aggregate.
    case split
    /// An error that no check explains.
    case failed(VDAFError)
}

/// An honest report as its encoded messages, to be verified with single bits flipped.
///
/// Aggregators act as deployed ones do: each decodes the public share and its own input share, starts verification, and
/// sends nothing if that fails or if its own joint-randomness part is not the one in the public share; without every
/// verifier share there is no verifier message, and without it nobody finishes. Where an own part differs, the others
/// go on nevertheless, to see whether they would have refused, too. Verifier shares and messages take the way over
/// their encodings.
struct MutatedReport<V: VDAF> {
    typealias Request = VerificationRequest<V.PublicShare, V.InputShare>
    typealias Step = (state: V.VerifierState, share: V.VerifierShare)
    typealias Started = Result<Step, VDAFError>

    /// How an aggregator starts verification of many reports.
    struct Start {
        let verifyInit: (_ report: Report<V>, _ aggregator: Int, _ reports: [Request]) -> [Started]
        let ownPartMatches: (V.VerifierState) -> Bool
    }

    private let report: Report<V>
    private let start: Start
    private let publicShare: [UInt8]
    private let inputShares: [[UInt8]]

    init(_ report: Report<V>, start: Start) {
        self.report = report
        self.start = start
        publicShare = report.vdaf.encode(publicShare: report.publicShare)
        inputShares = report.inputShares.map(report.vdaf.encode(inputShare:))
    }

    /// Every bit that there is.
    var mutations: [Mutation] {
        let messages =
            [(Mutation.Message.publicShare, publicShare)]
            + inputShares.enumerated().map { (.inputShare(aggregator: $0.offset), $0.element) }
        return messages.flatMap { message, bytes in
            (0..<8 * bytes.count).map { Mutation(message: message, bit: $0) }
        }
    }

    /// The verdicts on the report with each of `mutations`; nil leaves it as it is.
    func verdicts(_ mutations: [Mutation?]) -> [Verdict<V.OutputShare>] {
        let vdaf = report.vdaf
        var verdicts = [Verdict<V.OutputShare>](repeating: .refused(by: [.decoding]), count: mutations.count)
        var positions: [Int] = []
        var jobs = [[Request]](repeating: [], count: vdaf.shares)
        for (position, mutation) in mutations.enumerated() {
            do {
                for (id, request) in try requests(mutation).enumerated() { jobs[id].append(request) }
                positions.append(position)
            } catch {
                continue
            }
        }
        let started = jobs.enumerated().map { start.verifyInit(report, $0.offset, $0.element) }
        for (index, position) in positions.enumerated() {
            do throws(VDAFError) {
                var steps: [Step] = []
                for results in started { steps.append(try results[index].get()) }
                let verdict = try finish(steps)
                let ownPartsMatch = steps.allSatisfy { start.ownPartMatches($0.state) }
                verdicts[position] = ownPartsMatch ? verdict : verdict.refused(alsoBy: .ownPart)
            } catch {
                verdicts[position] = .failed(error)
            }
        }
        return verdicts
    }

    /// What the aggregators decode.
    private func requests(_ mutation: Mutation?) throws(VDAFError) -> [Request] {
        var publicBytes = publicShare
        var inputBytes = inputShares
        switch mutation?.message {
        case .publicShare: publicBytes = flipped(publicBytes, mutation?.bit ?? 0)
        case .inputShare(let id): inputBytes[id] = flipped(inputBytes[id], mutation?.bit ?? 0)
        case nil: break
        }
        let publicShare = try report.vdaf.decodePublicShare(publicBytes)
        var requests: [Request] = []
        for (id, bytes) in inputBytes.enumerated() {
            requests.append(
                Request(
                    nonce: report.nonce, publicShare: publicShare,
                    inputShare: try report.vdaf.decodeInputShare(bytes, aggregatorID: id)))
        }
        return requests
    }

    /// All rounds, once every aggregator has started.
    private func finish(_ steps: [Step]) throws(VDAFError) -> Verdict<V.OutputShare> {
        let (vdaf, context) = (report.vdaf, report.context)
        var steps = steps
        for _ in 0..<vdaf.rounds {
            let message: V.VerifierMessage
            do throws(VDAFError) {
                var shares: [V.VerifierShare] = []
                for step in steps {
                    shares.append(try vdaf.decodeVerifierShare(vdaf.encode(verifierShare: step.share)))
                }
                message = try vdaf.verifierSharesToMessage(
                    context: context, aggregationParameter: report.aggregationParameter, verifierShares: shares)
            } catch .proofRejected {
                return .refused(by: [.proof])
            }
            let received = try vdaf.decodeVerifierMessage(vdaf.encode(verifierMessage: message))
            var outputs: [V.OutputShare] = []
            var refusals = 0
            for (id, step) in steps.enumerated() {
                do throws(VDAFError) {
                    switch try vdaf.verifyNext(context: context, state: step.state, message: received) {
                    case .finished(let output): outputs.append(output)
                    case .continued(let state, let share): steps[id] = (state, share)
                    }
                } catch .jointRandomnessMismatch {
                    refusals += 1
                }
            }
            if outputs.count == vdaf.shares { return .accepted(outputs) }
            if !outputs.isEmpty { return .split }
            if refusals > 0 { return .refused(by: [.verifierMessage]) }
        }
        throw .unexpectedMessage("not the promised number of rounds")
    }
}

extension Verdict {
    /// The verdict where a further check refuses, whatever the others say.
    fileprivate func refused(alsoBy check: Check) -> Self {
        if case .refused(let checks) = self { return .refused(by: checks.union([check])) }
        return .refused(by: [check])
    }
}

extension MutatedReport.Start where V: OneRoundVDAF {
    /// The whole job at once.
    static func job(_ vdaf: V, threads: Int) -> Self {
        Self(
            verifyInit: { report, id, reports in
                vdaf.verifyInit(
                    verifyKey: report.verifyKey, context: report.context, aggregatorID: id, reports: reports,
                    threads: threads)
            }, ownPartMatches: vdaf.jointRandomnessPartMatches)
    }
}

extension MutatedReport.Start where V == Poplar1 {
    /// Report by report. Poplar1 has no joint randomness.
    static func each(threads: Int) -> Self {
        Self(
            verifyInit: { report, id, reports in
                let slices = (0..<threads).map { slice in
                    reports.count * slice / threads..<reports.count * (slice + 1) / threads
                }
                let results = Mutex([[MutatedReport.Started]](repeating: [], count: threads))
                DispatchQueue.concurrentPerform(iterations: threads) { slice in
                    let started = reports[slices[slice]].map { request in
                        MutatedReport.Started { () throws(VDAFError) in
                            try report.vdaf.verifyInit(
                                verifyKey: report.verifyKey, context: report.context, aggregatorID: id,
                                aggregationParameter: report.aggregationParameter, nonce: request.nonce,
                                publicShare: request.publicShare, inputShare: request.inputShare)
                        }
                    }
                    results.withLock { $0[slice] = started }
                }
                return results.withLock { Array($0.joined()) }
            }, ownPartMatches: { _ in true })
    }
}
