// The same tree submitted again, by its log and by strangers who make lines up: what monitors see stays, and only newer
// times are added, in a bounded number of places.

import Foundation
import Testing
import TransparencyLog

@Suite struct ResubmissionTests {
    private static let start: UInt64 = 1_700_000_000
    /// The key under which the log states the time; the witness does not know it.
    private let leader: Cosigner
    private let head: SignedCheckpoint

    init() throws {
        leader = try Cosigner(name: Fixture.origin)
        head = try Fixture.checkpoint(Fixture.head(7))
    }

    private func time(_ time: UInt64, by signer: Cosigner? = nil) throws -> NoteSignature {
        try (signer ?? leader).cosign(head.checkpoint, timestamp: time)
    }

    /// A line that claims the leader's key id, and is no signature.
    private func junk(_ time: UInt64, id: UInt32? = nil) throws -> NoteSignature {
        var bytes = Data()
        withUnsafeBytes(of: (id ?? leader.verifier.keyID).bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: time.bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(Data(repeating: 7, count: 64))
        return try NoteSignature(line: Array("— \(Fixture.origin) \(bytes.base64EncodedString())\n".utf8))
    }

    /// What the witness makes of a submission of the tree with these lines.
    private func submitted(_ lines: [NoteSignature], at now: UInt64) throws -> SignedCheckpoint {
        var checkpoint = head
        for line in lines { try checkpoint.append(line) }
        let request = AddCheckpointRequest(oldSize: 7, proof: [], checkpoint: checkpoint)
        guard
            case .accept(let acceptance) = Witness(logs: [Fixture.log.verifier]).decide(
                request, latest: head.checkpoint.head)
        else { throw CancellationError() }
        return try acceptance.cosigned(by: Fixture.helper, timestamp: now).monitoringCheckpoint
    }

    private func renewed(
        _ served: SignedCheckpoint, _ lines: [NoteSignature], at now: UInt64
    ) throws -> SignedCheckpoint? {
        served.renewed(by: try submitted(lines, at: now), cosigner: Fixture.helper.verifier, now: now)
    }

    @Test func aPublishedCheckpointSentAgainAddsNothing() throws {
        let genuine = try time(Self.start)
        let served = try submitted([genuine], at: Self.start)
        for lines in [[], [genuine]] { #expect(try renewed(served, lines, at: Self.start + 5_000) == nil) }
    }

    @Test func aLaterTimeGetsThroughAndTheFirstStays() throws {
        var served = try submitted([try time(Self.start)], at: Self.start + 1)
        #expect(try renewed(served, [time(Self.start + 59)], at: Self.start + 59) == nil, "less than a minute")
        for step in 1...40 as ClosedRange<UInt64> {
            let now = Self.start + step * 3_600
            served = try #require(try renewed(served, [time(now)], at: now + 1))
            let times = try served.note.verify(with: [leader.verifier]).map(\.timestamp)
            #expect(times == [Self.start, now])
            // Each time is confirmed by the cosignature that was given with it.
            let own = try served.note.verify(with: [Fixture.helper.verifier]).map(\.timestamp)
            #expect(own == [Self.start + 1, now + 1])
            let policy = try LogPolicy(
                parsing: Array(
                    "log \(Fixture.log.verifier.vkey)\nwitness w \(Fixture.helper.verifier.vkey)\nquorum w\n".utf8))
            for time in [Self.start, now] {
                #expect(policy.evaluate(served, witnessTimes: (time - 60)...(time + 60)).isAccepted)
            }
            #expect(!policy.evaluate(served, witnessTimes: (now - 120)...(now - 60)).isAccepted)
        }
    }

    /// A stranger repeats the log's signed part for an hour, with all that it can think of.
    @Test func strangersPushNothingOut() throws {
        let genuine = try time(Self.start)
        var served = try submitted([genuine], at: Self.start)
        var writes = 0
        for second in stride(from: 0, to: 3_600, by: 10) as StrideTo<UInt64> {
            let now = Self.start + second
            for lines in [
                [try junk(now + 1_800), try junk(.max)],
                (0..<4).map { UInt32($0 + 4 * Int(second)) }.compactMap { try? junk(now, id: $0) },
            ] {
                guard let next = try renewed(served, lines, at: now) else { continue }
                writes += 1
                served = next
            }
        }
        #expect(served.note.signatures.contains(genuine))
        #expect(served.note.signatures.count <= 12, "\(served.note.signatures.count)")
        #expect(writes <= 4 * 100, "\(writes)")
        // Once they rest, the leader's next line is later than theirs, at most half an hour after.
        let now = Self.start + 3_600 + 1_800 + 60
        let line = try time(now)
        let next = try #require(try renewed(served, [line], at: now))
        #expect(next.note.signatures.contains(line) && next.note.signatures.contains(genuine))
    }

    /// Only before the log has asked can a stranger put lines of its own first; what is far ahead holds no place.
    @Test func whatAStrangerSubmittedFirstDoesNotKeepTheLeaderOut() throws {
        var served = try submitted([try junk(.max - 1), try junk(.max)], at: Self.start)
        let line = try time(Self.start)
        served = try #require(try renewed(served, [line], at: Self.start))
        #expect(served.note.signatures.contains(line))
    }

    @Test func signaturesOnOtherWordsForTheSameTreeAreNotMixed() throws {
        let served = try submitted([try time(Self.start)], at: Self.start)
        let other = try Checkpoint(
            origin: Fixture.origin, size: 7, root: head.checkpoint.root, extensionLines: ["other words"])
        var second = try SignedCheckpoint(other, signedBy: Fixture.log)
        try second.append(try leader.cosign(other, timestamp: Self.start + 600))
        #expect(served.renewed(by: second, cosigner: Fixture.helper.verifier, now: Self.start + 600) == nil)
    }
}
