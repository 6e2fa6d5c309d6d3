import Credit
import Foundation
import Testing

/// What a registry has counted it does not count again, whatever becomes of its file.
@Suite struct ClaimRegistryTests {
    @Test func oneReceiptCountsOnce() async throws {
        let fixture = try await ClaimFixture(inputs: ClaimTests.inputs, lambda: ClaimTests.lambda)
        defer { fixture.log.removeFiles() }
        // Twice in one claim.
        let twice = try fixture.claim(.atLeast(40), [0, 0])
        expectRefusal(by: .report) { try fixture.verify(twice) }

        // In two claims.
        let registry = ClaimRegistry(path: fixture.log.directory + "/registry")
        let first = try fixture.claim(.atLeast(5), [0, 1])
        #expect(try registry.count([first]) == [.counted])
        #expect(try registry.count([first]) == [.known])
        expectRefusal(by: .registry) { _ = try registry.count([fixture.claim(.atLeast(5), [1, 2])]) }
        // All or none.
        let third = try fixture.claim(.atLeast(5), [2])
        expectRefusal(by: .registry) { _ = try registry.count([third, fixture.claim(.atLeast(5), [1])]) }
        expectRefusal(by: .registry) { _ = try registry.count([third, fixture.claim(.atLeast(4), [2])]) }
        #expect(try registry.count([first, third]) == [.known, .counted])
        expectRefusal(by: .registry) { _ = try registry.count([fixture.claim(.atLeast(5), [2])]) }
    }

    @Test func aLineThatACrashCutOffIsDropped() async throws {
        let fixture = try await ClaimFixture(inputs: ClaimTests.inputs)
        defer { fixture.log.removeFiles() }
        let path = fixture.log.directory + "/registry"
        let registry = ClaimRegistry(path: path)
        let (first, second) = (try fixture.claim(.exactly(1), [0]), try fixture.claim(.exactly(1), [1]))
        #expect(try registry.count([first]) == [.counted])
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("half a li".utf8))
        try handle.close()
        #expect(try registry.count([second]) == [.counted])
        #expect(try registry.count([first]) == [.known])
        // A header and two receipts.
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 3)
        // Paid once.
        expectRefusal(by: .registry) { _ = try registry.count([first], knownAreRefused: true) }
        let third = try fixture.claim(.exactly(1), [2])
        expectRefusal(by: .registry) { _ = try registry.count([third, first], knownAreRefused: true) }
        #expect(try registry.count([third], knownAreRefused: true) == [.counted])
        // Somebody else's file is left alone.
        let other = fixture.log.directory + "/precious"
        try "not a registry".write(toFile: other, atomically: true, encoding: .utf8)
        #expect(throws: CreditError.self) { try ClaimRegistry(path: other).count([first]) }
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "not a registry")
    }

    /// A power cut in the middle of a write leaves any part of what was to be written.
    @Test func aRegistryTornAtAnyByteCountsWhatIsWholeAndNothingTwice() async throws {
        let fixture = try await ClaimFixture(inputs: ClaimTests.inputs)
        defer { fixture.log.removeFiles() }
        let path = fixture.log.directory + "/registry"
        let registry = ClaimRegistry(path: path)
        let claims = try [0, 1].map { try fixture.claim(.exactly(1), [$0]) }
        #expect(try registry.count(claims) == [.counted, .counted])
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let lines = whole.indices.filter { whole[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
        try #require(lines.count == 3)
        for end in 0...whole.count {
            try whole.prefix(end).write(to: URL(fileURLWithPath: path))
            let kept = lines.dropFirst().count { $0 <= end }
            let outcomes = try registry.count(claims)
            #expect(outcomes == [kept >= 1 ? .known : .counted, kept >= 2 ? .known : .counted], "\(end)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole, "\(end)")
        }
    }
}
