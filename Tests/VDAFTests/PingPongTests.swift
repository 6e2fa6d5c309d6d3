import TestSupport
import Testing
import VDAF

/// The two-party exchange: same result as the star topology, and every message out of place is refused.
@Suite struct PingPongTests {
    static func exchange<V: VDAF>(
        _ vdaf: V, _ measurement: V.Measurement, _ random: inout SeededGenerator
    ) throws where V.AggregationParameter == Void, V.OutputShare: Equatable {
        let report = try Report(vdaf, measurement, &random)
        let publicShare = vdaf.encode(publicShare: report.publicShare)
        let leader = try vdaf.pingPongLeaderInit(
            verifyKey: report.verifyKey, context: report.context, aggregationParameter: (), nonce: report.nonce,
            publicShare: publicShare, inputShare: vdaf.encode(inputShare: report.inputShares[0]))
        guard case .continued(let state, let round, let request) = leader, round == 0 else {
            Issue.record("the leader starts")
            return
        }
        let helper = try vdaf.pingPongHelperInit(
            verifyKey: report.verifyKey, context: report.context, aggregationParameter: (), nonce: report.nonce,
            publicShare: publicShare, inputShare: vdaf.encode(inputShare: report.inputShares[1]),
            inbound: PingPongMessage(decoding: request.encoded()))
        guard case .finishedWithOutbound(let helperOutput, let response) = helper else {
            Issue.record("the helper finishes")
            return
        }
        let last = try vdaf.pingPongLeaderContinued(
            context: report.context, aggregationParameter: (), state: state, round: round,
            inbound: PingPongMessage(decoding: response.encoded()))
        guard case .finished(let leaderOutput) = last else {
            Issue.record("the leader finishes")
            return
        }
        #expect(try report.verify() == [leaderOutput, helperOutput])

        let (_, leaderShare) = try report.verifyInit(0)
        #expect(request == .initialize(verifierShare: vdaf.encode(verifierShare: leaderShare)))

        // Every other message at this point is refused.
        guard case .finish(let message) = response else {
            Issue.record("the helper answers 'finish'")
            return
        }
        for bad in [
            request, .continue(verifierMessage: message, verifierShare: vdaf.encode(verifierShare: leaderShare)),
            .finish(verifierMessage: message + [0]),
        ] {
            #expect(throws: VDAFError.self) {
                try vdaf.pingPongLeaderContinued(
                    context: report.context, aggregationParameter: (), state: state, round: round, inbound: bad)
            }
            #expect(throws: VDAFError.self) {
                try vdaf.pingPongHelperContinued(
                    context: report.context, aggregationParameter: (), state: state, round: round, inbound: bad)
            }
        }
        for bad in [response, .initialize(verifierShare: []), .initialize(verifierShare: random.bytes(7))] {
            #expect(throws: VDAFError.self) {
                try vdaf.pingPongHelperInit(
                    verifyKey: report.verifyKey, context: report.context, aggregationParameter: (),
                    nonce: report.nonce, publicShare: publicShare,
                    inputShare: vdaf.encode(inputShare: report.inputShares[1]), inbound: bad)
            }
        }
    }

    @Test func pingPongGivesTheOutputSharesOfTheStarTopology() throws {
        var random = SeededGenerator()
        try Self.exchange(Prio3Count(), true, &random)
        try Self.exchange(Prio3Sum(maxMeasurement: 300), 256, &random)
        try Self.exchange(Prio3SumVec(length: 3, maxMeasurement: 300, chunkLength: 5), [300, 0, 7], &random)
        try Self.exchange(Prio3Histogram(length: 9, chunkLength: 3), 8, &random)
    }

    @Test func theHelperRejectsAnInvalidReport() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Count()
        let report = try Report(vdaf, true, &random)
        var leaderShare = vdaf.encode(inputShare: report.inputShares[0])
        leaderShare[0] ^= 1
        let leader = try vdaf.pingPongLeaderInit(
            verifyKey: report.verifyKey, context: report.context, aggregationParameter: (), nonce: report.nonce,
            publicShare: [], inputShare: leaderShare)
        guard case .continued(_, _, let request) = leader else {
            Issue.record("the leader cannot know")
            return
        }
        #expect(throws: VDAFError.proofRejected) {
            try vdaf.pingPongHelperInit(
                verifyKey: report.verifyKey, context: report.context, aggregationParameter: (), nonce: report.nonce,
                publicShare: [], inputShare: vdaf.encode(inputShare: report.inputShares[1]), inbound: request)
        }
    }

    @Test func pingPongIsForTwo() throws {
        var random = SeededGenerator()
        let vdaf = try Prio3Count(shares: 3)
        let report = try Report(vdaf, true, &random)
        #expect(throws: VDAFError.invalidParameter("ping-pong is for two aggregators; this type has 3")) {
            try vdaf.pingPongLeaderInit(
                verifyKey: report.verifyKey, context: report.context, aggregationParameter: (), nonce: report.nonce,
                publicShare: [], inputShare: vdaf.encode(inputShare: report.inputShares[0]))
        }
    }

    @Test func messagesAreEncodedAsSpecified() throws {
        #expect(PingPongMessage.initialize(verifierShare: [7, 8]).encoded() == [0, 0, 0, 0, 2, 7, 8])
        #expect(
            PingPongMessage.continue(verifierMessage: [], verifierShare: [9]).encoded()
                == [1, 0, 0, 0, 0, 0, 0, 0, 1, 9])
        #expect(PingPongMessage.finish(verifierMessage: []).encoded() == [2, 0, 0, 0, 0])
    }

    @Test func theMessageDecoderIsTotal() throws {
        var random = SeededGenerator()
        let messages: [PingPongMessage] = [
            .initialize(verifierShare: random.bytes(5)),
            .continue(verifierMessage: random.bytes(3), verifierShare: random.bytes(300)),
            .finish(verifierMessage: []),
        ]
        for message in messages {
            let bytes = message.encoded()
            #expect(try PingPongMessage(decoding: bytes) == message)
            for count in 0..<bytes.count {
                #expect(throws: VDAFError.self) { try PingPongMessage(decoding: Array(bytes.prefix(count))) }
            }
            #expect(throws: VDAFError.self) { try PingPongMessage(decoding: bytes + [0]) }
            for type: UInt8 in 3...255 {
                #expect(throws: VDAFError.self) { try PingPongMessage(decoding: [type] + bytes.dropFirst()) }
            }
        }
        for length: [UInt8] in [[0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 0, 9]] {
            #expect(throws: VDAFError.self) { try PingPongMessage(decoding: [0] + length + [1, 2, 3]) }
        }
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0...20, using: &random))
            if let message = try? PingPongMessage(decoding: bytes) {
                #expect(message.encoded() == bytes)
            }
        }
    }
}
