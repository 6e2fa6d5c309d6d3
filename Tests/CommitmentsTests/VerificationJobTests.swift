import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// A whole job at once gives every report the verdict that it gets alone.
@Suite struct VerificationJobTests {
    private typealias Vectors = Committed<Prio3SumVec>
    private typealias Request = VerificationRequest<Vectors.PublicShare, Vectors.InputShare>

    private static let verifyKey = [UInt8](repeating: 1, count: 32)

    /// One report's two requests.
    private func report(_ vdaf: Vectors, _ random: inout SeededGenerator) throws -> [Request] {
        let nonce = random.bytes(vdaf.nonceSize)
        let (publicShare, inputShares) = try vdaf.shardRetrying(
            context: [], measurement: [1, 2, 3, 4, 5, 255], nonce: nonce, rng: &random)
        return inputShares.map { VerificationRequest(nonce: nonce, publicShare: publicShare, inputShare: $0) }
    }

    private func replacing(
        _ request: Request, parts: Prio3PublicShare? = nil, commitments: CommitmentPair? = nil,
        base: Prio3SumVec.InputShare? = nil, blind: Scalar? = nil
    ) -> Request {
        let (publicShare, inputShare) = (request.publicShare, request.inputShare)
        return VerificationRequest(
            nonce: request.nonce,
            publicShare: .init(
                base: parts ?? publicShare.base, commitments: commitments ?? publicShare.commitments),
            inputShare: .init(base: base ?? inputShare.base, blind: blind ?? inputShare.blind))
    }

    @Test(arguments: [0, 1], [1, 2, 5])
    func everyReportGetsTheVerdictThatItGetsAlone(aggregatorID: Int, threads: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Committed(Prio3SumVec(length: 6, maxMeasurement: 255, chunkLength: 4))
        var job = try (0..<14).map { _ in try report(vdaf, &random)[aggregatorID] }
        let (other, peers) = (job[13], try report(vdaf, &random)[1 - aggregatorID])

        var wrongPart = job[1].publicShare.base
        wrongPart.jointRandomnessParts[aggregatorID][0] ^= 1
        job[1] = replacing(job[1], parts: wrongPart)
        // A wrong part of the other aggregator is for that one to find.
        var peersPart = job[3].publicShare.base
        peersPart.jointRandomnessParts[1 - aggregatorID][0] ^= 1
        job[3] = replacing(job[3], parts: peersPart)
        job[4] = replacing(job[4], base: peers.inputShare.base)
        job[6] = replacing(job[6], commitments: other.publicShare.commitments)
        job[7] = replacing(job[7], blind: job[7].inputShare.blind + .one)
        job[9] = VerificationRequest(
            nonce: [1, 2, 3], publicShare: job[9].publicShare, inputShare: job[9].inputShare)
        let expected: [Int: VDAFError] = [
            1: .jointRandomnessMismatch, 6: .commitmentMismatch, 7: .commitmentMismatch,
        ]

        let results = vdaf.verifyInit(
            verifyKey: Self.verifyKey, context: [], aggregatorID: aggregatorID, reports: job, threads: threads)
        try #require(results.count == job.count)
        for (position, (request, result)) in zip(job, results).enumerated() {
            let alone = Result { () throws(VDAFError) in
                try vdaf.verifyInit(
                    verifyKey: Self.verifyKey, context: [], aggregatorID: aggregatorID, aggregationParameter: (),
                    nonce: request.nonce, publicShare: request.publicShare, inputShare: request.inputShare)
            }
            switch (result, alone) {
            case (.success(let first), .success(let second)):
                #expect(![1, 4, 6, 7, 9].contains(position))
                #expect(vdaf.encode(verifierShare: first.share) == vdaf.encode(verifierShare: second.share))
            case (.failure(let first), .failure(let second)):
                #expect(first == second, "report \(position)")
                if let error = expected[position] { #expect(first == error, "report \(position)") }
                #expect([1, 4, 6, 7, 9].contains(position))
            default: Issue.record("report \(position) gets another verdict alone")
            }
        }
    }

    @Test func jobsOfUnknownAggregatorsAndEmptyJobsAreAnswered() throws {
        var random = SeededGenerator()
        let vdaf = try Committed(Prio3SumVec(length: 6, maxMeasurement: 255, chunkLength: 4))
        let request = try report(vdaf, &random)[1]
        for id in [-1, 2, 255] {
            let results = vdaf.verifyInit(
                verifyKey: Self.verifyKey, context: [], aggregatorID: id, reports: [request, request], threads: 2)
            #expect(results.count == 2)
            for result in results { #expect(throws: VDAFError.self) { try result.get() } }
        }
        #expect(
            vdaf.verifyInit(verifyKey: Self.verifyKey, context: [], aggregatorID: 0, reports: [], threads: 2).isEmpty)
    }
}
