import AggregatorNode
import DAP
import Ledger
import Logging
import Testing
import TransparencyLog

/// What a helper's operator hears of a log that cannot be followed, and that reading one ends with the node.
@Suite struct LogTroubleTests {
    // MARK: The rule

    @Test func aStateIsSaidOnceAndAgainAtGrowingIntervals() {
        let start = ContinuousClock.now
        var trouble = LogTrouble()
        var said: [Int] = []
        for second in 0..<1_000 {
            let error = FollowError.unverifiable("the tree of size \(second) does not fit")
            if let line = trouble.found(error, at: start + .seconds(second)) {
                #expect(line.level == .error && line.reason == "the tree of size \(second) does not fit")
                said.append(second)
            }
        }
        #expect(said.first == 0 && said.count < 12, "\(said)")
        #expect(zip(said, said.dropFirst()).map { $1 - $0 } == zip(said, said.dropFirst()).map { $1 - $0 }.sorted())
    }

    @Test func whatChangesIsSaid() {
        let start = ContinuousClock.now
        var trouble = LogTrouble()
        #expect(trouble.isOver() == nil, "nothing was wrong")
        #expect(trouble.found(.unreachable("gone"), at: start)?.level == .warning)
        #expect(trouble.found(.unreachable("gone"), at: start + .seconds(0.1)) == nil)
        #expect(trouble.found(.unverifiable("forged"), at: start + .seconds(5))?.level == .error)
        #expect(trouble.isOver()?.level == .notice)
        #expect(trouble.isOver() == nil)
        #expect(trouble.found(.unverifiable("forged"), at: start + .seconds(6))?.reason == "forged")
        // Whoever asked is told of these, and of the last everybody.
        for error in [FollowError.notCosigned(size: 1, needed: 2), .noQuorum("none"), .forgotten("all")] {
            #expect(trouble.found(error, at: start + .seconds(100)) == nil)
        }
    }

    /// A leader can do that at the rate of its requests.
    @Test func badAndGoodInTurnWriteFewLines() {
        let start = ContinuousClock.now
        var trouble = LogTrouble()
        var lines: [LogTrouble.Line] = []
        for step in 0..<100_000 {
            let error: FollowError = step.isMultiple(of: 2) ? .unverifiable("forged") : .unreachable("gone")
            lines += [trouble.found(error, at: start + .milliseconds(36 * step)), trouble.isOver()].compactMap(\.self)
        }
        #expect(lines.count < 70, "\(lines.count) lines in an hour")
        #expect(lines.count { $0.level == .error } >= 8 && lines.count { $0.level == .notice } >= 8)
    }

    // MARK: The helper

    /// Nobody asks for anything: the helper reads the log as it grows, and its operator hears whose does not verify.
    @Test func theOperatorHearsOfALogThatDoesNotVerify() async throws {
        let (lines, mended) = (LogLines(), Flag())
        let fixture = try await HelperFixture(committed: true, logger: lines.logger) { folder in
            TamperingSource(honest: DirectoryTileSource(directory: folder)) { path in
                !mended.isRaised && path.hasPrefix("tile/")
            }
        }
        @Sendable func said(_ level: Logger.Level) -> LogLines.Line? {
            lines.all.first { $0.level == level && $0.message.contains("the leader's log") }
        }
        try await withServer(fixture.routes) { client in
            await fixture.log.append([LedgerEntry.unknown(type: 99, body: []).encoded()])
            try await fixture.log.flush(client)
            try await withServices(of: fixture) {
                let line = try await eventually("the error is logged") { said(.error) }
                #expect(line.message.contains("does not verify") && line.message.contains("cairn log fsck"))
                #expect(line.metadata["reason"]?.isEmpty == false)
                mended.raise()
                _ = try await eventually("it is over") { said(.notice) }
                #expect(try await fixture.context.store.helperLogPosition(origin: Parties.origin)?.size == 2)
            }
        }
        let errors = lines.all.count { $0.level == .error }
        #expect(errors < 5, "\(errors) lines")
    }

    /// A log that does not answer must not keep the node from stopping, nor must one that is long.
    @Test(arguments: [true, false])
    func readingEndsWithTheNode(isSilent: Bool) async throws {
        let source = SlowSource(isSilent: isSilent)
        let fixture = try await HelperFixture(committed: true) { folder in source.reading(folder) }
        let filler = (0..<1_000).map { LedgerEntry.unknown(type: 99, body: Array("\($0)".utf8)).encoded() }
        try await withServer(fixture.routes) { client in
            await fixture.log.append(filler)
            try await fixture.log.flush(client)
            let ended = try await withServices(of: fixture) {
                _ = try await eventually("it reads") { source.isAsked ? true : nil }
                return ContinuousClock.now
            }
            #expect(ContinuousClock.now - ended < .seconds(60), "the log says nothing for ten minutes")
            #expect(try await fixture.context.store.helperLogPosition(origin: Parties.origin) == nil)
        }
    }

    /// A leader that has the helper read its log, and then serves nothing, does not keep it from stopping either.
    @Test func aRequestThatReadsEndsWithTheNode() async throws {
        let source = SlowSource(isSilent: true)
        let fixture = try await HelperFixture(committed: true) { folder in source.reading(folder) }
        let (ended, asking) = try await withServer(fixture.routes) { client in
            let size = try await fixture.log.flush(client)
            let proposal = CloseProposal(selector: .leaderSelected(.random()), checkpointSize: size, reportIDs: [])
            let asking = Task {
                try await client.send(
                    "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/closes", body: proposal.encoded(),
                    headers: fixture.headers("application/octet-stream"))
            }
            _ = try await eventually("it reads") { source.isAsked ? true : nil }
            return (ContinuousClock.now, asking)
        }
        #expect(ContinuousClock.now - ended < .seconds(60), "the log says nothing for ten minutes")
        #expect(try await asking.value.status == 503)
    }

    /// Runs what a helper does in the background, and ends it.
    private func withServices<Value: Sendable>(
        of fixture: HelperFixture, _ body: () async throws -> Value
    ) async throws -> Value {
        let services = fixture.helper.services
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { try await service.run() } }
            let value = try await body()
            group.cancelAll()
            return value
        }
    }

    /// A log of which every file takes half a minute: one that hears when its reader goes, or one that does not.
    private final class SlowSource: Sendable {
        private let asked = Flag()
        private let isSilent: Bool

        init(isSilent: Bool) { self.isSilent = isSilent }

        var isAsked: Bool { asked.isRaised }

        func reading(_ folder: String) -> any TileSource {
            Files(slow: self, honest: DirectoryTileSource(directory: folder))
        }

        private struct Files: TileSource {
            let slow: SlowSource
            let honest: DirectoryTileSource

            func tile(path: String) async throws -> [UInt8] {
                guard path.hasPrefix("tile/entries") else { return try await honest.tile(path: path) }
                slow.asked.raise()
                if slow.isSilent {
                    try await Task.sleep(for: .seconds(600))
                } else {
                    // Somebody else's code, which goes on for a while.
                    await Task { try? await Task.sleep(for: .seconds(2)) }.value
                }
                return try await honest.tile(path: path)
            }
        }
    }
}
