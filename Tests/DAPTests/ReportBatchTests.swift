import DAP
import SignatureCases
import TaskTypes
import Tasks
import Testing

/// Reports of a job, or of an upload, opened together.
@Suite struct ReportBatchTests {
    private static let leaderKey = HpkeKeyPair.generate(id: 1)
    private static let helperKey = HpkeKeyPair.generate(id: 2)
    private static let now = Fixtures.start + 600
    private static let time = Fixtures.start / 60 + 5
    private static let configuration = VDAFConfiguration.committed(.count)

    private let task: TaskConfiguration
    private let vdaf: any TaskVDAF

    init() throws {
        task = try Fixtures.task(Self.configuration)
        vdaf = try makeTaskVDAF(Self.configuration)
    }

    private func opener(_ role: Role) -> ReportOpener {
        ReportOpener(
            taskID: task.taskID, task: task, role: role, keys: [role == .leader ? Self.leaderKey : Self.helperKey],
            vdaf: vdaf)
    }

    /// A report whose claim key `claim` makes out of what the key has to sign.
    private func report(time: UInt64 = time, claim: ([UInt8]) -> [UInt8]) throws -> Report {
        let sharded = try vdaf.shard(
            taskID: task.taskID, measurement: Fixtures.measurements(Self.configuration)[0], reportID: .random())
        let message = ClaimKey.signedBytes(
            taskID: task.taskID, reportID: sharded.reportID,
            commitments: try vdaf.commitments(publicShare: sharded.publicShare))
        let metadata = ReportMetadata(
            reportID: sharded.reportID, time: time,
            publicExtensions: [Extension(type: ClaimKey.extensionType, data: claim(message))])
        return try ReportBuilder.seal(
            metadata: metadata, publicShare: sharded.publicShare,
            plaintexts: sharded.inputShares.map { PlaintextInputShare(privateExtensions: [], payload: $0) },
            task: task, leader: Self.leaderKey.config, helper: Self.helperKey.config)
    }

    private static func extensionData(_ message: [UInt8], _ number: UInt8, key: UInt8 = 0, torsion: UInt8 = 0)
        -> [UInt8]
    {
        let signed = Signer(seed: [number], keyTorsion: key).sign(message, torsion: torsion)
        return signed.publicKey + signed.signature
    }

    /// Reports with their refusal, if any.
    private func mixture() throws -> [(report: Report, refusal: ReportError?)] {
        let small = SignatureCase.all.first { $0.name.contains("small order, 0·T") }?.signed
        return [
            (try report { Self.extensionData($0, 1) }, nil),
            (try report { Self.extensionData($0, 2, key: 1) }, nil),
            (try report { Self.extensionData($0 + [0], 3) }, .invalidMessage),
            (try report { Self.extensionData($0, 4, torsion: 7) }, nil),
            (try report { _ in (small?.publicKey ?? []) + (small?.signature ?? []) }, .invalidMessage),
            (try report { Self.extensionData($0, 5).dropLast() }, .invalidMessage),
            (try report(time: Self.time + 10_000) { Self.extensionData($0, 6) }, .reportTooEarly),
            (try report { Self.extensionData($0, 7, key: 3, torsion: 3) }, nil),
            (try report { _ in [UInt8](repeating: 0xff, count: 96) }, .invalidMessage),
            (try report { Self.extensionData($0, 8) }, nil),
        ]
    }

    @Test func bothAggregatorsTakeAndRefuseTheSameReports() throws {
        let mixture = try mixture()
        for threads in 1...3 {
            let helper = opener(.helper).open(mixture.map(\.report.helperShare), now: Self.now, threads: threads)
            let leader = opener(.leader).open(mixture.map(\.report.leaderShare), now: Self.now, threads: threads)
            #expect(helper.map(\.refusal) == mixture.map(\.refusal))
            #expect(leader.map(\.refusal) == mixture.map(\.refusal))
        }
    }

    @Test func togetherTheyAreJudgedAndOpenedAsOneByOne() throws {
        let mixture = try mixture()
        let helper = opener(.helper)
        for (report, opened) in zip(
            mixture.map(\.report), helper.open(mixture.map(\.report.helperShare), now: Self.now))
        {
            let alone = helper.open(report.helperShare, now: Self.now)
            #expect(alone.refusal == opened.refusal)
            #expect((try? alone.get().inputShare) == (try? opened.get().inputShare))
            #expect((try? opened.get().reportID) ?? report.metadata.reportID == report.metadata.reportID)
        }
        let leader = opener(.leader)
        let uploads = leader.openUploads(mixture.map(\.report), now: Self.now)
        #expect(uploads.map(\.refusal) == mixture.map(\.refusal))
        #expect(mixture.map { leader.checkUpload($0.report, now: Self.now) } == mixture.map(\.refusal))
    }
}
