import DAP
import Foundation
import TaskTypes
import Tasks
import VDAF

extension Decoder {
    /// Header values, identifiers in URLs, problem documents, key files, and what both aggregators do with reports.
    static let http: [Decoder] = [headers, identifiers, problemDocument, keyFile, reportOpener, aggregationJob]

    private static let headers = Decoder(
        "header-values", maximumLength: 512,
        seeds: { generator in
            let configuration = try generator.taskConfiguration()
            let plain = try generator.taskConfiguration(.count, cairn: nil)
            return
                (MediaType.allCases.map(\.headerValue) + [
                    "application/ppm-dap;message=\"upload-req\"; version=18", Taskprov.headerValue(configuration),
                    Taskprov.headerValue(plain),
                    ":AAAA:;a=1", DAPErrorType.batchInvalid.urn,
                ]).map { Array($0.utf8) }
        },
        run: { input in
            let text = String(decoding: input, as: UTF8.self)
            if let type = MediaType(header: text), MediaType(header: type.headerValue) != type {
                broken("a media type is read as it was written", by: input)
            }
            _ = MediaType.versionHint(header: text)
            if let announced = Taskprov.announcement(text) {
                guard announced.taskID == Taskprov.taskID(of: announced.bytes) else {
                    broken("an announced task is named by what was announced", by: input)
                }
                switch announced.configuration {
                case .success(let configuration):
                    guard configuration.encoding == announced.bytes else {
                        broken("a task configuration has one encoding", by: input)
                    }
                case .failure(let error): describe(error)
                }
            }
            _ = DAPErrorType(urn: text)
        })

    private static let identifiers = Decoder(
        "identifiers", maximumLength: 80,
        seeds: { generator in
            [
                TaskID.random(using: &generator).base64URL, ReportID.random(using: &generator).base64URL,
                BatchID.random(using: &generator).hex,
            ].map { Array($0.utf8) }
        },
        run: { input in
            let text = String(decoding: input, as: UTF8.self)
            if let id = TaskID(base64URL: text), id.base64URL != text {
                broken("a task ID has one spelling", by: input)
            }
            if let id = ReportID(base64URL: text), id.base64URL != text {
                broken("a report ID has one spelling", by: input)
            }
            if let id = BatchID(hex: text), id.hex != text.lowercased() { broken("hex has two cases", by: input) }
        })

    private static let problemDocument = Decoder(
        "problem-document", maximumLength: 2048,
        seeds: { generator in
            [
                ProblemDocument(
                    .unsupportedExtension, detail: "a \"detail\"", taskID: .random(using: &generator),
                    unsupportedExtensions: [1, 65535]
                ).json(), ProblemDocument(title: "server error", status: 500).json(),
                Array(#"{"type":1,"title":null,"status":1e99,"unsupported_extensions":[1.5,-1,70000]}"#.utf8),
                Array(String(repeating: "[", count: 1000).utf8), Array(String(repeating: #"{"a":"#, count: 400).utf8),
            ]
        },
        run: { input in
            do {
                let document = try ProblemDocument(json: input)
                describe(document)
                guard let again = try? ProblemDocument(json: document.json()), again == document else {
                    broken("a problem document is read as it was written", by: input)
                }
            } catch {
                describe(error)
            }
        })

    private static let keyFile: Decoder = {
        let key = required { try HpkeKeyPair(id: 7, privateKey: [UInt8](repeating: 9, count: 32)) }
        return Decoder(
            "hpke-key-file", maximumLength: 256, seeds: { _ in [Array(key.keyFile.utf8)] },
            run: { input in
                do {
                    let pair = try HpkeKeyPair(keyFile: String(decoding: input, as: UTF8.self))
                    guard let again = try? HpkeKeyPair(keyFile: pair.keyFile), again.config == pair.config else {
                        broken("a key file is read as it was written", by: input)
                    }
                } catch {
                    describe(error)
                }
            })
    }()

    /// Report shares as they reach an aggregator. Seeds are sealed to its key, so that unchanged ones open.
    private static let reportOpener: Decoder = {
        let sample = required { try SampleReports() }
        return Decoder(
            "report-opener", seeds: { _ in sample.reports.map { $0.helperShare.encoded() } },
            run: { input in
                guard let share = try? ReportShare(decoding: input) else { return }
                _ = sample.opener.open(share, now: 1_700_000_000)
                let report = Report(
                    metadata: share.metadata, publicShare: share.publicShare,
                    leaderEncryptedInputShare: share.encryptedInputShare,
                    helperEncryptedInputShare: share.encryptedInputShare)
                _ = sample.opener.checkUpload(report, now: 1_700_000_000)
            })
    }()

    /// A whole job of committed reports, as both aggregators run it: an honest report, and after it one whose public share,
    /// input shares and messages are the input. The honest one must pass whatever stands beside it.
    private static let aggregationJob: Decoder = {
        let sample = required { try SampleReports() }
        let (vdaf, taskID, key) = (sample.vdaf, sample.taskID, [UInt8](repeating: 6, count: 32))
        let honest = (0..<2).map {
            ReportToVerify(
                reportID: sample.shares[0].reportID, publicShare: sample.shares[0].publicShare,
                inputShare: sample.shares[0].inputShares[$0])
        }
        return Decoder(
            "aggregation-job", maximumLength: 500,
            seeds: { _ in
                sample.shares.map {
                    ([$0.publicShare] + $0.inputShares + [[0], []]).flatMap(InputReader.encode(part:))
                }
            },
            run: { input in
                var reader = InputReader(input)
                let (publicShare, id) = (reader.part(), sample.shares[1].reportID)
                let attackers = [reader.part(), reader.part()].map {
                    ReportToVerify(reportID: id, publicShare: publicShare, inputShare: $0)
                }
                let (toHelper, toLeader) = (reader.part(), reader.part())
                let leader = vdaf.leaderInitialize(
                    [honest[0], attackers[0]], verifyKey: key, taskID: taskID, threads: 1)
                let inbound = leader.map { (try? $0.get().outbound) ?? toHelper }
                let helper = vdaf.helperInitialize(
                    [honest[1], attackers[1]], inbound: inbound, verifyKey: key, taskID: taskID, threads: 1)
                guard let answer = try? helper[0].get().outbound,
                    case .success = try? leader[0].get().finish(inbound: answer)
                else { broken("a bad report does not touch the others of its job", by: input) }
                _ = try? leader[1].get().finish(inbound: toLeader)
            })
    }()
}

/// Reports of a committed task, sealed to a helper whose key is at hand.
private struct SampleReports: Sendable {
    let vdaf: any TaskVDAF
    let taskID: TaskID
    let opener: ReportOpener
    let shares: [ShardedReport]
    let reports: [Report]

    init() throws {
        var generator = SeededGenerator(seed: 6)
        let key = try HpkeKeyPair(id: 1, privateKey: generator.bytes(32))
        let configuration = VDAFConfiguration.committed(.histogram(length: 3, chunkLength: 2))
        let task = try generator.taskConfiguration(
            configuration, cairn: generator.cairnParameters(collector: key.config, policy: SampleTask.policy))
        let vdaf = try makeTaskVDAF(configuration)
        self.vdaf = vdaf
        taskID = task.taskID
        opener = ReportOpener(taskID: task.taskID, task: task, role: .helper, keys: [key], vdaf: vdaf)
        var shares: [ShardedReport] = []
        for bucket in 0..<2 {
            shares.append(
                try vdaf.shard(
                    taskID: task.taskID, measurement: .bucket(bucket), reportID: .random(using: &generator),
                    using: &generator))
        }
        self.shares = shares
        reports = try shares.map {
            try ReportBuilder.seal(
                $0, task: task, time: 1_700_000_000 / 60, leader: key.config, helper: key.config,
                commitments: vdaf.commitments(publicShare: $0.publicShare), claimSeed: [UInt8](repeating: 4, count: 32))
        }
    }
}
