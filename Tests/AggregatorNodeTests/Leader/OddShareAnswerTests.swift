import AggregatorNode
import DAP
import Datastore
import FaultProxy
import Ledger
import Testing

/// What a proxy, or a helper that is ill, answers in place of a share, a close or a refusal. Nothing of it is the helper's
/// word, so nothing of it ends anything.
@Suite struct OddShareAnswerTests {
    /// One odd answer, after the helper has done what it was asked.
    enum Odd: String, CaseIterable, Sendable {
        case page400, page404, page200, empty201, empty200, cut, longer, otherType, noType, redirect, nameless, foreign

        func change(_ answer: Answer) -> Answer {
            switch self {
            case .page400: .page(400)
            case .page404: .page(404)
            case .page200: .page(200)
            case .empty201: Answer(status: 201, body: [], headers: [:])
            case .empty200: Answer(status: 200, body: [], headers: [:])
            case .cut: answer.changing(body: Array(answer.body.dropLast(7)))
            case .longer: answer.changing(body: answer.body + [0])
            case .otherType: answer.changing(header: "content-type", to: "application/json")
            case .noType: answer.changing(header: "content-type", to: nil)
            case .redirect: .page(302)
            // A problem document that is none of DAP's, and one about somebody else's task.
            case .nameless:
                Answer(
                    status: 409, body: NodeError.http(409, "no").problem.json(),
                    headers: ["content-type": "application/problem+json"])
            case .foreign:
                Answer(
                    status: 409, body: NodeError.dap(.batchMismatch, "no", taskID: .random()).problem.json(),
                    headers: ["content-type": "application/problem+json"])
            }
        }
    }

    @Test(arguments: Odd.allCases, [true, false])
    func anOddAnswerToAShareIsAskedForAgain(odd: Odd, committed: Bool) async throws {
        try await ScriptedPair.run(committed: committed) { call in
            call.resource == "aggregate_shares" && call.number == 1 ? .after(odd.change) : .pass
        } _: { scene in
            try await scene.upload(0..<4)
            let (count, sums) = try await scene.client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(sums == .vector([6, 4, 28]))
            let calls = scene.proxy.calls("POST", "aggregate_shares")
            #expect(calls.count == 2 && calls[0].body == calls[1].body, "the identical request")
            #expect(try await scene.batchStates() == ["collected"])
        }
    }

    @Test(arguments: Odd.allCases) func anOddAnswerToACloseIsAskedForAgain(odd: Odd) async throws {
        try await ScriptedPair.run(committed: true) { call in
            call.resource == "closes" && call.number == 1 ? .after(odd.change) : .pass
        } _: { scene in
            try await scene.upload(0..<4)
            #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            #expect(try await scene.client.audit().isVerified)
            let calls = scene.proxy.calls("POST", "closes")
            #expect(calls.count == 2 && calls[0].body == calls[1].body, "the identical proposal")
        }
    }

    /// A bit that fell over, in the signature of the close, the statement or the blob.
    @Test(arguments: ["closes", "statement", "blobs"]) func aDamagedAnswerIsAskedForAgain(_ part: String) async throws {
        try await ScriptedPair.run(committed: true) { call in
            guard call.number == 1 else { return .pass }
            switch (call.resource, part) {
            case ("closes", "closes"), ("blobs", "blobs"):
                return .after { answer in
                    var body = answer.body
                    body[body.count - 1] ^= 1
                    return answer.changing(body: body)
                }
            case ("aggregate_shares", "statement"):
                return .after { $0.changing(header: "cairn-statement", to: nil) }
            default: return .pass
            }
        } _: { scene in
            try await scene.upload(0..<4)
            #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
            #expect(try await scene.client.audit().isVerified)
        }
    }

    /// A report that its contributor took back at the helper alone. The log must have that word, not the leader's.
    @Test(arguments: [Odd.page200, .cut, .page404])
    func anOddAnswerAboutRefusalsDoesNotPutTheLeadersWordInTheirPlace(odd: Odd) async throws {
        try await ScriptedPair.run(committed: true, nodes: false) { call in
            call.resource == "refusals" && call.number == 1 ? .after(odd.change) : .pass
        } _: { scene in
            try await scene.pair.withNodes { leader, _ in
                let client = scene.client
                let reports = try (0..<4).map { try client.report([$0, 1, 7]) }
                try await client.upload(reports)
                try await client.awaitAccepted(4, at: leader)
                #expect(try await client.withdraw(reports[3], at: scene.pair.helper).status == 200)
                #expect(try await client.collect(.leaderSelected).sums == .vector([3, 3, 21]))
                let ends = try await client.published().compactMap { entry -> String? in
                    switch entry {
                    case .withdrawal: "withdrawal"
                    case .rejected: "rejected"
                    default: nil
                    }
                }
                #expect(ends == ["withdrawal"])
            }
        }
    }

    @Test func retryAfterIsRespected() async throws {
        try await ScriptedPair.run(committed: false) { call in
            call.resource == "aggregate_shares" && call.number == 1 ? .instead(.page(400, retryAfter: "3")) : .pass
        } _: { scene in
            try await scene.upload(0..<4)
            _ = try await scene.client.collect(.leaderSelected)
            let calls = scene.proxy.calls("POST", "aggregate_shares")
            #expect(calls[1].time - calls[0].time >= .seconds(3))
        }
    }

    /// A share that the helper takes its time for is found again by its name; and where the helper forgot the name, the
    /// same bytes are posted again.
    @Test(arguments: [true, false]) func aDeferredShareSurvivesARestartOfTheLeader(forgotten: Bool) async throws {
        let path = "/tasks/x/aggregate_shares/lc7aUeGpdSNosNlh-UZhKA"
        let deferral = Answer(status: 201, body: [], headers: ["location": path, "retry-after": "2"])
        // However often the leader that stops has asked by then, it has to hear the same, or it would go on itself.
        let isRestarted = Flag()
        try await ScriptedPair.run(committed: false, nodes: false) { call in
            guard call.resource == "aggregate_shares" else { return .pass }
            switch (call.method, call.number) {
            case ("POST", 1): return .instead(deferral)
            case ("GET", _) where !isRestarted.isRaised:
                return .instead(Answer(status: 200, body: [], headers: ["retry-after": "1"]))
            case ("GET", _) where forgotten: return .instead(.page(404))
            case ("GET", _): return .instead(.page(503, retryAfter: "90"))
            default: return .pass
            }
        } _: { scene in
            let helper = try await scene.pair.start(scene.pair.helper)
            let first = try await scene.pair.start(scene.pair.leader)
            try await scene.upload(0..<4)
            let location = try #require(
                try await scene.client.createCollection(.leaderSelected).headers["location"])
            let note = try await eventually("the share is deferred") {
                try await scene.client.poll(location).headers["cairn-waiting-for"].flatMap {
                    $0.contains("2 s") ? $0 : nil
                }
            }
            #expect(note.contains(scene.pair.helper.publicURL.string))
            await first.stop()
            let asked = scene.proxy.calls("GET", "aggregate_shares").count
            isRestarted.raise()
            let second = try await scene.pair.start(scene.pair.leader)
            if forgotten {
                #expect(try await scene.client.collect(.leaderSelected).sums == .vector([6, 4, 28]))
                let posts = scene.proxy.calls("POST", "aggregate_shares")
                #expect(posts.count == 2 && posts[0].body == posts[1].body, "the identical request")
                #expect(scene.proxy.calls("GET", "aggregate_shares").count == asked + 1, "by its name first, and once")
            } else {
                _ = try await eventually("it is asked for by name") {
                    scene.proxy.calls("GET", "aggregate_shares").count > asked ? true : nil
                }
                #expect(scene.proxy.calls("POST", "aggregate_shares").count == 1)
            }
            await second.stop()
            await helper.stop()
        }
    }

    @Test func theCollectorIsToldWhatTheJobWaitsFor() async throws {
        try await ScriptedPair.run(committed: false) { call in
            call.resource == "aggregate_shares" ? .instead(.page(418)) : .pass
        } _: { scene in
            try await scene.upload(0..<4)
            let location = try #require(
                try await scene.client.createCollection(.leaderSelected).headers["location"])
            let note = try await eventually("the reason is there") {
                let answer = try await scene.client.poll(location)
                #expect(answer.status == 200 && answer.body.isEmpty, "what DAP says of an unfinished job")
                return answer.headers["cairn-waiting-for"].flatMap { $0.contains("418") ? $0 : nil }
            }
            #expect(note.hasPrefix("the helper at \(scene.pair.helper.publicURL.string): its aggregate share"))
        }
    }
}
