import Contributor
import Crypto
import Ledger
import LedgerFixtures
import Owner
import SharedModel
import Testing
import TransparencyLog

/// A round as its owner has it, and how far the log says that it has come.
@Suite struct OwnedRoundTests {
    @Test func onlyTheOwnerWhomTheTaskNamesHasTheRound() throws {
        let fixture = try RoundFixture()
        defer { fixture.log.removeFiles() }
        #expect(throws: RoundError.otherKey(task: "fixture")) { try fixture.owned(key: .init()) }
        #expect(try fixture.owned().number?.number == 3)
    }

    @Test func theAnnouncementNamesTheRoundAndItsModel() throws {
        let fixture = try RoundFixture()
        defer { fixture.log.removeFiles() }
        let entry = try fixture.owned().announcement(of: fixture.model)
        #expect(entry.round == 3 && entry.runID == [UInt8](repeating: 5, count: 16))
        #expect(entry.modelHash == Blob.hash(fixture.model.encoded()))
        #expect(entry.isSigned(by: Array(fixture.log.ownerKey.publicKey.rawRepresentation)))
    }

    /// Announced with another model, the owner would sign a break in the run's lineage.
    @Test func anotherModelOrATaskThatIsNoRoundIsNotAnnounced() async throws {
        let fixture = try RoundFixture()
        defer { fixture.log.removeFiles() }
        let other = Model(initial: try ModelShape(kind: .softmax, inputs: 2, classes: 3), seed: 1)
        #expect(throws: RoundError.otherModel(task: "fixture")) { try fixture.owned().announcement(of: other) }
        await #expect(throws: RoundError.otherModel(task: "fixture")) { try await fixture.owned().announce(other) }

        let noRound = try RoundFixture(taskInfo: Array("just a task".utf8))
        defer { noRound.log.removeFiles() }
        #expect(throws: RoundError.noRound(task: "fixture")) {
            try noRound.owned().announcement(of: noRound.model)
        }
    }

    // MARK: After a crash

    @Test func aRoundComesFromTheLogAsFarAsItHasCome() async throws {
        var fixture = try RoundFixtureLog()
        defer { fixture.log.removeFiles() }
        #expect(try await fixture.published().standing() == .made)
        try fixture.announce()
        #expect(try await fixture.published().standing() == .announced)
        let next = try await fixture.step()
        #expect(try await fixture.published().standing() == .stepped(next))
    }

    @Test func aModelThatTheLogNamesAndLacksIsSaid() async throws {
        var fixture = try RoundFixtureLog()
        defer { fixture.log.removeFiles() }
        try fixture.announce()
        _ = try await fixture.step(withBlob: false)
        let owned = try fixture.published()
        await #expect(throws: RoundError.lostModel(task: "fixture")) { try await owned.standing() }
    }

    /// A second model of one round would be a fork, signed by its owner. Nothing is sent.
    @Test func aSecondModelOfARoundIsNotLogged() async throws {
        var fixture = try RoundFixtureLog()
        defer { fixture.log.removeFiles() }
        try fixture.announce()
        _ = try await fixture.step()
        let owned = try fixture.published()
        let sums = [Int128](repeating: 1, count: fixture.round.model.parameters.count)
        let other = try ModelStep(
            from: fixture.round.model,
            with: AuditedResult(
                selector: BatchScope.batch(fixture.log.batchID).selector, count: 2, value: .signedVector(sums)),
            bound: try UpdateBound(task: owned.file))
        await #expect(throws: RoundError.fork(task: "fixture")) { try await owned.publish(other) }
    }

    @Test func aTaskThatTheLogDoesNotKnowYetIsOnlyMade() async throws {
        let known = try RoundFixture()
        defer { known.log.removeFiles() }
        try known.log.publish()
        // The same log, and a task that has not been added to it.
        let other = try LogFixture(keys: known.log)
        defer { other.removeFiles() }
        let file = try other.file(logURL: known.log.directory)
        let owned = try OwnedRound(file, key: other.ownerKey, transport: HTTPTransport(deadline: .zero))
        #expect(try await owned.standing() == .made)
    }
}

/// A round whose log grows, entry by entry.
private struct RoundFixtureLog {
    let round: RoundFixture
    var log: LogFixture

    init() throws {
        round = try RoundFixture()
        log = round.log
    }

    func published() throws -> OwnedRound {
        try log.publish()
        return try round.owned()
    }

    mutating func announce() throws {
        log.log(.round(try round.owned().announcement(of: round.model)))
        log.blobs.append(round.model.encoded())
    }

    /// Two contributors, a batch, and the owner's step from it.
    mutating func step(withBlob: Bool = true) async throws -> Model {
        var update = [Double](repeating: 0, count: round.model.parameters.count)
        update[0] = 1
        let contributions = [try log.contribution(of: .real(update)), try log.contribution(of: .real(update))]
        try log.logHonestBatch(contributions)
        try log.publish()
        let audit = try await log.audit()
        guard case .verified(let value) = try #require(audit.batches.first).verdict else {
            throw RoundError.noUpdates
        }
        let owned = try round.owned()
        let step = try ModelStep(
            from: round.model,
            with: AuditedResult(selector: audit.batches[0].selector, count: audit.batches[0].count, value: value),
            bound: try UpdateBound(task: owned.file))
        #expect(step.next.parameters[0] == round.model.parameters[0] + 1)
        log.log(.model(try step.entry(of: owned.file.taskID, owner: log.ownerKey)))
        log.blobs.append(step.sum)
        if withBlob { log.blobs.append(step.next.encoded()) }
        return step.next
    }
}
