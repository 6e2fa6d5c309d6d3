import AggregatorNode
import DAP
import FaultProxy
import Testing

/// A leader of ours gets the right sum from every helper that keeps to the standard, however it answers.
@Suite struct LegalHelperTests {
    @Test(arguments: LegalHelper.Manner.allCases)
    func everyLegalWayToAnswerGivesTheRightSum(manner: LegalHelper.Manner) async throws {
        let legal = LegalHelper(manner)
        let mode: BatchMode = manner.rawValue.count.isMultiple(of: 2) ? .timeInterval : .leaderSelected
        try await OddHelper.with([(false, mode)], script: legal.script) { clients, helper, _ in
            try await clients[0].uploadSome(4)
            try await clients[0].expectAll(4)
            #expect(helper.bodies().count == 1, "a job has the same bytes however often it is posted")
            expectTheWay(legal)
        }
    }

    /// That the leader was really answered in that way.
    private func expectTheWay(_ legal: LegalHelper) {
        switch legal.manner {
        case .createdWithTheAnswer: #expect(legal.polled.isEmpty && legal.posts == [1])
        case .forgetsWithAProblem, .forgetsWith404, .forgetsWith410, .answersTheSecondRequest:
            #expect(legal.posts == [2])
        case .forgetsTwice: #expect(legal.posts == [3])
        case .movingLocation: #expect(Set(legal.polled).count >= 4, "it was asked for under each name in turn")
        default: #expect(legal.polled.count >= 3 && legal.posts == [1])
        }
    }

    /// With reports that are in a log, and several jobs under way.
    @Test(arguments: [LegalHelper.Manner.acceptedAndEmpty, .movingLocation, .forgetsWith404])
    func committedTasksAsWell(manner: LegalHelper.Manner) async throws {
        let legal = LegalHelper(manner)
        try await OddHelper.with([(true, .leaderSelected)], script: legal.script) { clients, _, _ in
            for _ in 0..<3 { try await clients[0].uploadSome(4) }
            let (count, sums) = try await clients[0].collect(.leaderSelected)
            #expect(count == 12)
            #expect(sums == .vector([18, 12, 84]))
            #expect(try await clients[0].audit().isVerified)
        }
    }
}
