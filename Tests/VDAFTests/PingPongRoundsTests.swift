import TestSupport
import Testing
import VDAF

/// The two-party exchange of a VDAF with two rounds: leader, helper, leader, helper.
@Suite struct PingPongRoundsTests {
    let vdaf: Poplar1
    let report: Report<Poplar1>
    let parameter: Poplar1AggregationParameter
    var random: SeededGenerator

    init() throws {
        random = SeededGenerator()
        vdaf = try Poplar1(bits: 4)
        parameter = try Poplar1AggregationParameter(level: 3, prefixes: IdpfTests.strings(4))
        report = try Report(vdaf, IdpfTests.randomString(4, &random), parameter, &random)
    }

    func leaderInit() throws -> PingPongState<Poplar1> {
        try vdaf.pingPongLeaderInit(
            verifyKey: report.verifyKey, context: report.context, aggregationParameter: parameter,
            nonce: report.nonce, publicShare: vdaf.encode(publicShare: report.publicShare),
            inputShare: vdaf.encode(inputShare: report.inputShares[0]))
    }

    func helperInit(_ inbound: PingPongMessage) throws -> PingPongState<Poplar1> {
        try vdaf.pingPongHelperInit(
            verifyKey: report.verifyKey, context: report.context, aggregationParameter: parameter,
            nonce: report.nonce, publicShare: vdaf.encode(publicShare: report.publicShare),
            inputShare: vdaf.encode(inputShare: report.inputShares[1]), inbound: inbound)
    }

    func leaderContinued(
        _ state: Poplar1VerifierState, _ round: Int, _ inbound: PingPongMessage
    ) throws -> PingPongState<Poplar1> {
        try vdaf.pingPongLeaderContinued(
            context: report.context, aggregationParameter: parameter, state: state, round: round, inbound: inbound)
    }

    func helperContinued(
        _ state: Poplar1VerifierState, _ round: Int, _ inbound: PingPongMessage
    ) throws -> PingPongState<Poplar1> {
        try vdaf.pingPongHelperContinued(
            context: report.context, aggregationParameter: parameter, state: state, round: round, inbound: inbound)
    }

    @Test func twoRoundsTakeFourSteps() throws {
        guard case .continued(let leaderState, 0, let first) = try leaderInit(),
            case .continued(let helperState, 1, let second) = try helperInit(.init(decoding: first.encoded())),
            case .finishedWithOutbound(let leaderOutput, let third) = try leaderContinued(
                leaderState, 0, .init(decoding: second.encoded())),
            case .finished(let helperOutput) = try helperContinued(helperState, 1, .init(decoding: third.encoded()))
        else {
            Issue.record("the steps are initialize, continue, finish")
            return
        }
        guard case .initialize = first, case .continue = second, case .finish(verifierMessage: []) = third else {
            Issue.record("the messages are initialize, continue, finish")
            return
        }
        #expect(try report.verify() == [leaderOutput, helperOutput])
    }

    @Test func everyOtherMessageIsRefused() throws {
        guard case .continued(let leaderState, 0, let first) = try leaderInit(),
            case .continued(let helperState, 1, let second) = try helperInit(first),
            case .finishedWithOutbound(_, let third) = try leaderContinued(leaderState, 0, second),
            case .continue(let sketch, let helperShare) = second, case .initialize(let leaderShare) = first
        else {
            Issue.record("the steps are initialize, continue, finish")
            return
        }
        for bad in [
            second, third, .initialize(verifierShare: []), .initialize(verifierShare: helperShare),
            .initialize(verifierShare: Array(leaderShare.dropLast())),
        ] {
            #expect(throws: VDAFError.self) { try helperInit(bad) }
        }
        // Between the rounds the leader needs 'continue', whose parts belong to this round and level.
        for bad in [
            first, third, .finish(verifierMessage: sketch), .continue(verifierMessage: [], verifierShare: helperShare),
            .continue(verifierMessage: sketch, verifierShare: []),
            .continue(verifierMessage: sketch, verifierShare: leaderShare),
            .continue(verifierMessage: Array(sketch.prefix(24)), verifierShare: helperShare),
            .continue(verifierMessage: sketch, verifierShare: flipped(helperShare, 0)),
            .continue(verifierMessage: flipped(sketch, 0), verifierShare: helperShare),
        ] {
            #expect(throws: VDAFError.self, "\(bad)") { try leaderContinued(leaderState, 0, bad) }
        }
        #expect(throws: VDAFError.self, "a state's round is its own") { try leaderContinued(leaderState, 1, second) }
        // In the last round the helper needs 'finish'.
        for bad in [
            first, second, .finish(verifierMessage: sketch), .finish(verifierMessage: [0]),
            .continue(verifierMessage: [], verifierShare: helperShare),
        ] {
            #expect(throws: VDAFError.self, "\(bad)") { try helperContinued(helperState, 1, bad) }
        }
        #expect(throws: VDAFError.self, "a state's round is its own") { try helperContinued(helperState, 0, third) }
    }

    @Test func theLeaderRejectsAnInvalidReportInTheSecondRound() throws {
        var bad = report
        bad.inputShares[1].leafCorrelation[1] += .one
        guard case .continued(let leaderState, 0, let first) = try leaderInit() else {
            Issue.record("the leader starts")
            return
        }
        let helper = try vdaf.pingPongHelperInit(
            verifyKey: bad.verifyKey, context: bad.context, aggregationParameter: parameter, nonce: bad.nonce,
            publicShare: vdaf.encode(publicShare: bad.publicShare),
            inputShare: vdaf.encode(inputShare: bad.inputShares[1]), inbound: first)
        guard case .continued(_, 1, let second) = helper else {
            Issue.record("the helper cannot know")
            return
        }
        #expect(throws: VDAFError.proofRejected) { try leaderContinued(leaderState, 0, second) }
    }
}
