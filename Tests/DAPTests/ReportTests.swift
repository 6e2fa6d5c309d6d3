import DAP
import TaskTypes
import Tasks
import Testing

@Suite struct ReportTests {
    private static let leaderKey = HpkeKeyPair.generate(id: 1)
    private static let helperKey = HpkeKeyPair.generate(id: 2)
    private static let seed = [UInt8](repeating: 0x11, count: 32)
    private static let now = Fixtures.start + 600
    private static let time = Fixtures.start / 60 + 5

    private struct Setting {
        let task: TaskConfiguration
        let vdaf: any TaskVDAF
        let sharded: ShardedReport
        let commitments: [[UInt8]]

        init(_ configuration: VDAFConfiguration) throws {
            task = try Fixtures.task(configuration)
            vdaf = try makeTaskVDAF(configuration)
            sharded = try vdaf.shard(
                taskID: task.taskID, measurement: Fixtures.measurements(configuration)[0], reportID: .random())
            commitments = try vdaf.commitments(publicShare: sharded.publicShare)
        }

        func opener(_ role: Role, task: TaskConfiguration? = nil) -> ReportOpener {
            ReportOpener(
                taskID: (task ?? self.task).taskID, task: task ?? self.task, role: role,
                keys: [role == .leader ? leaderKey : helperKey], vdaf: vdaf)
        }

        func seal(time: UInt64 = ReportTests.time) throws -> Report {
            try ReportBuilder.seal(
                sharded, task: task, time: time, leader: leaderKey.config, helper: helperKey.config,
                commitments: commitments, claimSeed: commitments.isEmpty ? nil : seed)
        }

        func seal(
            publicExtensions: [Extension]? = nil, privateExtensions: [Extension] = [], publicShare: [UInt8]? = nil
        ) throws -> Report {
            let metadata = ReportMetadata(
                reportID: sharded.reportID, time: ReportTests.time,
                publicExtensions: try publicExtensions ?? seal().metadata.publicExtensions)
            return try ReportBuilder.seal(
                metadata: metadata, publicShare: publicShare ?? sharded.publicShare,
                plaintexts: sharded.inputShares.map {
                    PlaintextInputShare(privateExtensions: privateExtensions, payload: $0)
                },
                task: task, leader: leaderKey.config, helper: helperKey.config)
        }

        func claimKey() throws -> ClaimKey {
            try ClaimKey.make(
                seed: seed, taskID: task.taskID, reportID: sharded.reportID, commitments: commitments)
        }
    }

    @Test(arguments: Fixtures.all)
    func bothAggregatorsOpenTheirShareAndNotTheOthers(_ configuration: VDAFConfiguration) throws {
        let setting = try Setting(configuration)
        let report = try Report(decoding: setting.seal().encoded())
        #expect(setting.opener(.leader).checkUpload(report, now: Self.now) == nil)
        let leader = try setting.opener(.leader).open(report.leaderShare, now: Self.now).get()
        let helper = try setting.opener(.helper).open(report.helperShare, now: Self.now).get()
        #expect(leader.inputShare == setting.sharded.inputShares[0])
        #expect(helper.inputShare == setting.sharded.inputShares[1])
        #expect(leader.publicShare == setting.sharded.publicShare && leader.reportID == setting.sharded.reportID)
        #expect(setting.opener(.leader).open(report.helperShare, now: Self.now).refusal == .hpkeDecryptError)
        #expect(setting.opener(.helper).open(report.leaderShare, now: Self.now).refusal == .hpkeDecryptError)
    }

    /// DAP-18 binds a share to the task, its configuration, the metadata and the public share.
    @Test(arguments: [VDAFConfiguration.count, .sumVec(length: 5, maxMeasurement: 14, chunkLength: 4)])
    func aShareOpensOnlyBesideExactlyWhatItWasSealedWith(_ configuration: VDAFConfiguration) throws {
        let setting = try Setting(configuration)
        let report = try setting.seal()
        let others = [
            try Fixtures.task(configuration, info: "tesu"), try Fixtures.task(configuration, minBatchSize: 3),
            try Fixtures.task(configuration, batchMode: .leaderSelected),
            try Fixtures.task(configuration, leaderURL: "http://127.0.0.1:8001"),
            try Fixtures.task(configuration, cairn: Fixtures.parameters(maxBatchSize: 999)),
        ]
        for (role, share) in [(Role.leader, report.leaderShare), (.helper, report.helperShare)] {
            for other in others {
                #expect(setting.opener(role, task: other).open(share, now: Self.now).refusal == .hpkeDecryptError)
            }
            func refused(_ metadata: ReportMetadata, _ publicShare: [UInt8], _ sealed: HpkeCiphertext) -> Bool {
                let changed = ReportShare(metadata: metadata, publicShare: publicShare, encryptedInputShare: sealed)
                return setting.opener(role).open(changed, now: Self.now).refusal == .hpkeDecryptError
            }
            let metadata = share.metadata
            let sealed = share.encryptedInputShare
            let renamed = ReportMetadata(reportID: .random(), time: metadata.time, publicExtensions: [])
            let later = ReportMetadata(reportID: metadata.reportID, time: metadata.time + 1, publicExtensions: [])
            #expect(refused(renamed, share.publicShare, sealed))
            #expect(refused(later, share.publicShare, sealed))
            if !share.publicShare.isEmpty { #expect(refused(metadata, share.publicShare.flipping(0), sealed)) }
            let wrongEnc = HpkeCiphertext(
                configID: sealed.configID, encapsulatedKey: sealed.encapsulatedKey.flipping(0), payload: sealed.payload)
            #expect(refused(metadata, share.publicShare, wrongEnc))
            let otherKey = HpkeCiphertext(
                configID: 77, encapsulatedKey: sealed.encapsulatedKey, payload: sealed.payload)
            #expect(refused(metadata, share.publicShare, otherKey))
        }
        let unknown = HpkeCiphertext(configID: 77, encapsulatedKey: [1], payload: [1])
        let outdated = Report(
            metadata: report.metadata, publicShare: report.publicShare, leaderEncryptedInputShare: unknown,
            helperEncryptedInputShare: report.helperEncryptedInputShare)
        #expect(setting.opener(.leader).checkUpload(outdated, now: Self.now) == .outdatedConfig)
    }

    /// Every byte of the configuration is in the additional data, not only the task ID that is its hash.
    @Test func theTaskConfigurationItselfIsBound() throws {
        let setting = try Setting(.count)
        let other = try Fixtures.task(.count, info: "tesu")
        let metadata = ReportMetadata(reportID: setting.sharded.reportID, time: Self.time, publicExtensions: [])
        let aad = InputShareAad(
            taskID: setting.task.taskID, taskConfiguration: other, metadata: metadata,
            publicShare: setting.sharded.publicShare)
        let plaintext = PlaintextInputShare(privateExtensions: [], payload: setting.sharded.inputShares[0])
        let sealed = try Self.leaderKey.config.seal(
            info: HpkeInfo.inputShare(to: .leader), aad: aad.encoded(), plaintext: plaintext.encoded())
        let share = ReportShare(
            metadata: metadata, publicShare: setting.sharded.publicShare, encryptedInputShare: sealed)
        #expect(setting.opener(.leader).open(share, now: Self.now).refusal == .hpkeDecryptError)
    }

    @Test(arguments: Fixtures.all)
    func reportsOutsideTheTasksTimesAreRefused(_ configuration: VDAFConfiguration) throws {
        let setting = try Setting(configuration)
        let interval = try #require(setting.task.taskInterval)
        let end = try #require(interval.end)
        let late = end * 60 + 1000
        let cases: [(time: UInt64, now: UInt64, upload: ReportError?, open: ReportError?)] = [
            (interval.start, Self.now, nil, nil), (end - 1, late, nil, nil),
            (interval.start - 1, Self.now, .reportDropped, .taskNotStarted),
            (0, Self.now, .reportDropped, .taskNotStarted),
            (end, late, .reportDropped, .taskExpired), (.max, late, .reportTooEarly, .reportTooEarly),
            (Self.now / 60 + 5, Self.now, nil, nil), (Self.now / 60 + 6, Self.now, .reportTooEarly, .reportTooEarly),
            (.max, .max, .reportDropped, .taskExpired),
        ]
        for (time, now, upload, open) in cases {
            let report = try setting.seal(time: time)
            #expect(setting.opener(.leader).checkUpload(report, now: now) == upload, "\(time) at \(now)")
            #expect(setting.opener(.leader).open(report.leaderShare, now: now).refusal == open, "\(time) at \(now)")
            #expect(setting.opener(.helper).open(report.helperShare, now: now).refusal == open, "\(time) at \(now)")
        }
    }

    @Test(arguments: [VDAFConfiguration.sum(maxMeasurement: 1000), .committed(.sum(maxMeasurement: 1000))])
    func unknownRepeatedMisplacedAndMisorderedExtensionsAreRefused(_ configuration: VDAFConfiguration) throws {
        let setting = try Setting(configuration)
        let claim = try setting.claimKey().reportExtension
        let unknown = Extension(type: 5, data: [1])
        var refused: [(String, public: [Extension]?, private: [Extension])] = [
            ("unknown public", [unknown], []), ("unknown private", nil, [unknown]),
            ("unknown beside the claim key", [unknown, claim], []), ("misordered", [claim, unknown], []),
            ("repeated", [claim, claim], []), ("in both lists", [claim], [claim]), ("private only", [], [claim]),
            ("truncated", [Extension(type: claim.type, data: claim.data.dropLast())], []),
            ("too long", [Extension(type: claim.type, data: claim.data + [0])], []),
        ]
        refused.append(configuration.isCommitted ? ("missing", [], []) : ("not wanted here", [claim], []))
        for (name, publicExtensions, privateExtensions) in refused {
            let report = try setting.seal(publicExtensions: publicExtensions, privateExtensions: privateExtensions)
            for (role, share) in [(Role.leader, report.leaderShare), (.helper, report.helperShare)] {
                #expect(setting.opener(role).open(share, now: Self.now).refusal == .invalidMessage, "\(name), \(role)")
            }
            // A private extension makes its share longer than any that is sound.
            #expect(
                setting.opener(.leader).checkUpload(report, now: Self.now) == .invalidMessage, "\(name), upload")
        }
    }

    @Test func aClaimKeyMustBeSignedForExactlyThisReport() throws {
        let setting = try Setting(.committed(.count))
        let key = try setting.claimKey()
        let (task, id, commitments) = (setting.task.taskID, setting.sharded.reportID, setting.commitments)
        #expect(key.isValid(taskID: task, reportID: id, commitments: commitments))
        #expect(!key.isValid(taskID: .random(), reportID: id, commitments: commitments))
        #expect(!key.isValid(taskID: task, reportID: .random(), commitments: commitments))
        #expect(!key.isValid(taskID: task, reportID: id, commitments: commitments.reversed()))
        #expect(try ClaimKey(extensionData: key.reportExtension.data) == key)
        for position in [0, 31, 32, 95] {
            let data = key.reportExtension.data.flipping(position)
            let report = try setting.seal(publicExtensions: [Extension(type: ClaimKey.extensionType, data: data)])
            #expect(setting.opener(.leader).checkUpload(report, now: Self.now) == .invalidMessage)
            #expect(setting.opener(.helper).open(report.helperShare, now: Self.now).refusal == .invalidMessage)
        }
        // Another contributor's key, honestly made for the same report ID, but for other commitments.
        let stolen = try ClaimKey.make(
            seed: [UInt8](repeating: 3, count: 32), taskID: task, reportID: id, commitments: commitments.reversed())
        let report = try setting.seal(publicExtensions: [stolen.reportExtension])
        #expect(setting.opener(.leader).open(report.leaderShare, now: Self.now).refusal == .invalidMessage)
    }

    @Test func claimKeysFollowFromTheSeedAlone() throws {
        let task = TaskID.random()
        let ids = [ReportID.random(), ReportID.random()]
        func publicKey(_ seed: [UInt8], _ task: TaskID, _ id: ReportID) throws -> [UInt8] {
            Array(try ClaimKey.derive(seed: seed, taskID: task, reportID: id).publicKey.rawRepresentation)
        }
        let key = try publicKey(Self.seed, task, ids[0])
        #expect(try key == publicKey(Self.seed, task, ids[0]))
        #expect(try key != publicKey(Self.seed, task, ids[1]))
        #expect(try key != publicKey(Self.seed, .random(), ids[0]))
        #expect(try key != publicKey(Self.seed.flipping(0), task, ids[0]))
        #expect(throws: ClaimKeyError.seedSize(31)) { try publicKey(Self.seed.dropLast(), task, ids[0]) }
    }

    @Test func publicSharesThatDoNotDecodeAreRefusedAtUpload() throws {
        for configuration in Fixtures.all {
            let setting = try Setting(configuration)
            let bad = setting.sharded.publicShare + [0]
            let report = try setting.seal(publicShare: bad)
            #expect(setting.opener(.leader).checkUpload(report, now: Self.now) == .invalidMessage)
            #expect(setting.opener(.helper).open(report.helperShare, now: Self.now).refusal == .invalidMessage)
        }
    }

    @Test func committedReportsNeedASeedAndOthersMustNotHaveOne() throws {
        for configuration in Fixtures.all {
            let setting = try Setting(configuration)
            let isCommitted = configuration.isCommitted
            #expect(throws: ReportBuilderError.claimSeed(required: isCommitted)) {
                try ReportBuilder.seal(
                    setting.sharded, task: setting.task, time: Self.time, leader: Self.leaderKey.config,
                    helper: Self.helperKey.config, commitments: setting.commitments,
                    claimSeed: isCommitted ? nil : Self.seed)
            }
        }
    }
}
