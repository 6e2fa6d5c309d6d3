import Commitments
import Parallel
import VDAF

/// Both nodes' side of a round: a job of reports from bytes to verdicts.
package struct TrainingNodes<Field: NTTFieldElement>: Sendable {
    package typealias Vector = Committed<BoundedL2<Field>>

    /// What became of a job.
    package struct Verdicts {
        /// The leader's and the helper's output share of each report, or why it was refused.
        package let outputs: [Result<[Vector.OutputShare], VDAFError>]
        let commitments: [CommitmentPair]
        /// The time that the leader and the helper took.
        let elapsed: [Elapsed]
    }

    let committed: Vector
    let verifyKey: [UInt8]
    let context: [UInt8]
    let threads: Int

    package init(committed: Vector, verifyKey: [UInt8], context: [UInt8], threads: Int) {
        self.committed = committed
        self.verifyKey = verifyKey
        self.context = context
        self.threads = threads
    }

    package func verify(_ uploads: [TrainingUpload]) throws(BenchError) -> Verdicts {
        let (leader, helper) = (try start(0, uploads), try start(1, uploads))
        // The helper combines the verifier shares, and the leader gets the message from it.
        let (helperEnds, helperElapsed) = timed {
            concurrentMap(count: uploads.count, threads: threads) { index in
                Result { () throws(VDAFError) in
                    let (leader, helper) = (try leader.steps[index].get(), try helper.steps[index].get())
                    let message = try committed.verifierSharesToMessage(
                        context: context, aggregationParameter: (), verifierShares: [leader.share, helper.share])
                    return (message: message, output: try finish(helper.state, message))
                }
            }
        }
        let (outputs, leaderElapsed) = timed {
            concurrentMap(count: uploads.count, threads: threads) { index in
                Result { () throws(VDAFError) in
                    let end = try helperEnds[index].get()
                    return [try finish(try leader.steps[index].get().state, end.message), end.output]
                }
            }
        }
        return Verdicts(
            outputs: outputs, commitments: leader.commitments,
            elapsed: [leader.elapsed + leaderElapsed, helper.elapsed + helperElapsed])
    }

    private typealias Request = VerificationRequest<Vector.PublicShare, Vector.InputShare>

    /// A node's first step, link check included.
    private func start(
        _ aggregatorID: Int, _ uploads: [TrainingUpload]
    ) throws(BenchError) -> (steps: [Vector.VerificationResult], commitments: [CommitmentPair], elapsed: Elapsed) {
        let (decoded, decoding) = timed {
            concurrentMap(count: uploads.count, threads: threads) { index in
                Result { () throws(VDAFError) in
                    Request(
                        nonce: uploads[index].nonce,
                        publicShare: try committed.decodePublicShare(uploads[index].publicShare),
                        inputShare: try committed.decodeInputShare(
                            uploads[index].inputShares[aggregatorID], aggregatorID: aggregatorID))
                }
            }
        }
        let requests = try decoded.map { request throws(BenchError) in try request.orFailure("decoding") }
        let (steps, verification) = timed {
            committed.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: requests, threads: threads)
        }
        return (steps, requests.map(\.publicShare.commitments), decoding + verification)
    }

    private func finish(
        _ state: Vector.VerifierState, _ message: Vector.VerifierMessage
    ) throws(VDAFError) -> Vector.OutputShare {
        switch try committed.verifyNext(context: context, state: state, message: message) {
        case .finished(let output): return output
        case .continued: throw .unexpectedMessage("a type of one round wants another")
        }
    }
}
