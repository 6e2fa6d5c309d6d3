import Contributor
import DAP
import Ledger
import LedgerFixtures
import Owner
import SharedModel
import TensorFiles
import Testing

/// What a collector may do with a result, by the log of its task.
@Suite struct ResultTests {
    private func collected() throws -> (log: LogFixture, outcome: CollectionOutcome) {
        var log = try LogFixture()
        let contributions = [try log.contribution([1, 2, 3]), try log.contribution([4, 5, 6])]
        try log.logHonestBatch(contributions)
        try log.publish()
        let shares = try log.shares(of: contributions)
        return (
            log,
            CollectionOutcome(
                count: 2, interval: Interval(start: 29_000_000, duration: 1), value: .vector([5, 7, 9]),
                leaderShare: shares.leader, helperShare: shares.helper)
        )
    }

    @Test func aResultThatTheLogProvesIsProved() async throws {
        let (log, outcome) = try collected()
        defer { log.removeFiles() }
        let standing = try await outcome.standing(in: try log.ownerLog(), query: .leaderSelected)
        guard case .proved(let result) = standing else {
            Issue.record("\(standing)")
            return
        }
        #expect(result.count == 2 && result.value == .vector([5, 7, 9]) && standing.isProved)
    }

    @Test func aResultThatTheLogContradictsIsNotHandedOut() async throws {
        let (log, honest) = try collected()
        defer { log.removeFiles() }
        let outcome = CollectionOutcome(
            count: 3, interval: honest.interval, value: honest.value, leaderShare: honest.leaderShare,
            helperShare: honest.helperShare)
        let owner = try log.ownerLog()
        await #expect {
            _ = try await outcome.standing(in: owner, query: .leaderSelected)
        } throws: {
            guard case ResultError.contradicted(let reason, let task) = $0 else { return false }
            return reason.contains("says 3 reports") && task.name == "fixture"
        }
    }

    @Test func whereTheLogCannotBeReadThatIsSaid() async throws {
        let (log, outcome) = try collected()
        log.removeFiles()
        let gone = try await outcome.standing(in: try log.ownerLog(), query: .leaderSelected)
        #expect(!gone.isProved && gone.words.contains("there is no folder"), "\(gone)")

        let plain = try NodePairFixture.draft(.sum(maxMeasurement: 5)).completePlain()
        let uncommitted = try await outcome.standing(
            in: OwnerLog(plain, transport: HTTPTransport(deadline: .zero)), query: .leaderSelected)
        #expect(uncommitted == .uncommitted && uncommitted.words.contains("both aggregators' word"))
    }

    // MARK: Names and shapes

    @Test func aResultHasTheNamesOfTheModelInTheLog() async throws {
        var fixture = try RoundFixture().log
        let model = Model(initial: try ModelShape(kind: .softmax, inputs: 2, classes: 2), seed: 1)
        defer { fixture.removeFiles() }
        try fixture.publish()
        let owner = try fixture.ownerLog()
        await #expect(throws: ResultError.model(.missing(task: "fixture"))) {
            _ = try await ResultTensors.ofModel(in: owner)
        }
        fixture.blobs.append(model.encoded())
        try fixture.publish()
        let numbers = (0..<model.parameters.count).map(Double.init)
        let file = try await ResultTensors.ofModel(in: owner).file(numbers, name: "sum")
        #expect(Set(file.tensors.map(\.name)) == ["bias", "weight"])
        #expect(try model.shape.vector(of: file) == numbers)
    }

    @Test func aTaskWithoutModelHasOneArrayOrTheShapesOfAnotherFile() async throws {
        let (log, _) = try collected()
        defer { log.removeFiles() }
        let owner = try log.ownerLog()
        let flat = try await ResultTensors.ofModel(in: owner).file([1, 2, 3], name: "sum")
        #expect(flat.tensors.map(\.name) == ["sum"] && flat.tensors[0].shape == [3])

        let update = try TensorFile([
            try Tensor(name: "b", shape: [1], values: [0]), try Tensor(name: "a", shape: [2, 1], values: [0, 0]),
        ])
        let like = try ResultTensors.like(update, named: "u.npy", for: owner.file).file([1, 2, 3], name: "sum")
        #expect(like.tensors.map(\.name) == ["a", "b"] && like.values == [1, 2, 3])
        let short = try TensorFile([try Tensor(name: "b", shape: [1], values: [0])])
        #expect(throws: ResultError.otherLength(file: "u.npy", found: 1, expected: 3)) {
            _ = try ResultTensors.like(short, named: "u.npy", for: owner.file)
        }
    }
}
