import AggregatorNode
import DAP
import Testing

/// What tests of a helper that answers later begin with: how much it defers, and how a leader asks again.
protocol DeferredJobs {}

extension DeferredJobs {
    static var jobs: String { "/aggregation_jobs" }

    /// Every job is stored first.
    static var storing: JobDeferral {
        var rules = JobDeferral()
        rules.jobs = 0
        return rules
    }

    /// No leader is let wait.
    static var impatient: JobDeferral {
        var rules = JobDeferral()
        rules.patience = .zero
        return rules
    }

    func isAccepted(_ answer: Answer) throws -> Bool {
        try AggregationJobResp(decoding: answer.body).responses.allSatisfy {
            if case .continue = $0.outcome { true } else { false }
        }
    }

    /// Runs the helper's verification of stored jobs while `body` runs.
    func verifying<Value>(_ helper: Helper, _ body: () async throws -> Value) async throws -> Value {
        let work = Task { await helper.verifyStoredJobs() }
        defer { work.cancel() }
        return try await body()
    }

    func fetch(_ fixture: HelperFixture, _ client: TestClient, _ location: String) async throws -> Answer {
        try await eventually("the job is answered", every: .milliseconds(20)) {
            let answer = try await fixture.get(client, location)
            return answer.status == 200 && answer.body.isEmpty ? nil : answer
        }
    }

    func expectDeferral(_ answer: Answer, _ fixture: HelperFixture) throws -> String {
        #expect(answer.status == 200 && answer.body.isEmpty && answer.headers["content-type"] == nil, "\(answer.text)")
        let seconds = try #require(answer.headers["retry-after"].flatMap { Int($0) })
        #expect(JobDeferral.pauses.contains(seconds))
        let location = try #require(answer.headers["location"])
        #expect(location.hasPrefix("\(fixture.path)\(Self.jobs)/") && location.hasSuffix("?step=0"))
        return location
    }
}
