import DAP
import Tasks

extension Decoder {
    /// Every structure of DAP that crosses the network or is part of one that does.
    static let messages: [Decoder] = [
        message("dap-report-error", ReportError.self) { [$0.reportError()] },
        message("dap-interval", Interval.self) { [$0.interval()] },
        message("dap-extension", Extension.self) { [Extension(type: 7, data: $0.bytes(9))] },
        message("dap-task-id", TaskID.self) { [.random(using: &$0)] },
        message("dap-report-id", ReportID.self) { [.random(using: &$0)] },
        message("dap-batch-mode", BatchMode.self) { _ in [.timeInterval, .leaderSelected] },
        message("dap-checksum", Checksum.self) { generator in
            var checksum = Checksum()
            checksum.toggle(.random(using: &generator))
            return [checksum]
        },
        message("dap-hpke-config", HpkeConfig.self) { [$0.hpkeConfig(id: 3)] },
        message("dap-hpke-config-list", HpkeConfigList.self) {
            [HpkeConfigList(configs: [$0.hpkeConfig(id: 1), $0.hpkeConfig(id: 2)])]
        } then: {
            _ = $0.firstSupported
        },
        message("dap-hpke-ciphertext", HpkeCiphertext.self) { [$0.ciphertext()] },
        message("dap-report-metadata", ReportMetadata.self) { [$0.metadata()] },
        message("dap-report", Report.self) { [$0.report()] },
        message("dap-upload-request", UploadRequest.self) { [UploadRequest(reports: [$0.report(), $0.report()])] },
        message("dap-upload-errors", UploadErrors.self) {
            [UploadErrors(statuses: [ReportUploadStatus(reportID: .random(using: &$0), error: $0.reportError())])]
        },
        message("dap-plaintext-input-share", PlaintextInputShare.self) {
            [PlaintextInputShare(privateExtensions: $0.extensions(), payload: $0.bytes(30))]
        },
        message("dap-input-share-aad", InputShareAad.self) {
            [
                InputShareAad(
                    taskID: .random(using: &$0), taskConfiguration: try $0.taskConfiguration(), metadata: $0.metadata(),
                    publicShare: $0.bytes(30))
            ]
        },
        message("dap-report-share", ReportShare.self) { [$0.reportShare()] },
        message("dap-verify-init", VerifyInit.self) { [$0.verifyInit()] },
        message("dap-aggregation-job-init-req", AggregationJobInitReq.self) {
            [
                AggregationJobInitReq(
                    verificationKeyID: 1, aggregationParameter: $0.bytes(9), extensions: $0.extensions(),
                    verifyInits: [$0.verifyInit(), $0.verifyInit()]),
                AggregationJobInitReq(
                    verificationKeyID: 0, aggregationParameter: [],
                    extensions: [AggregationJobInitReq.leaderSelectedBatchID(.random(using: &$0))], verifyInits: []),
            ]
        } then: {
            for mode in BatchMode.allCases { _ = try? $0.checkedBatchID(mode: mode) }
        },
        message("dap-verify-resp", VerifyResp.self) { generator in (0..<6).map { _ in generator.verifyResp() } },
        message("dap-aggregation-job-resp", AggregationJobResp.self) {
            [AggregationJobResp(responses: [$0.verifyResp(), $0.verifyResp(), $0.verifyResp()])]
        },
        message("dap-verify-continue", VerifyContinue.self) { [$0.verifyContinue()] },
        message("dap-aggregation-job-continue-req", AggregationJobContinueReq.self) {
            [AggregationJobContinueReq(step: 1, verifyContinues: [$0.verifyContinue(), $0.verifyContinue()])]
        },
        message("dap-query", Query.self) {
            [$0.query(), .leaderSelected]
        } then: {
            _ = try? $0.interval()
        },
        message("dap-batch-selector", BatchSelector.self) { generator in
            (0..<4).map { _ in generator.batchSelector() }
        } then: {
            _ = try? $0.batch()
            _ = $0.isConsistent(with: .leaderSelected)
            _ = $0.isConsistent(with: .timeInterval(Interval(start: 0, duration: .max)))
        },
        message("dap-collection-job-req", CollectionJobReq.self) { [$0.collectionJobReq()] },
        message("dap-collection-job-resp", CollectionJobResp.self) {
            [
                CollectionJobResp(
                    reportCount: $0.next(), interval: $0.interval(), leaderEncryptedAggregateShare: $0.ciphertext(),
                    helperEncryptedAggregateShare: $0.ciphertext())
            ]
        },
        message("dap-aggregate-share-req", AggregateShareReq.self) {
            [
                AggregateShareReq(
                    collectionJobReq: $0.collectionJobReq(), batchSelector: $0.batchSelector(), reportCount: $0.next(),
                    checksum: Checksum())
            ]
        },
        message("dap-aggregate-share", AggregateShare.self) {
            [AggregateShare(encryptedAggregateShare: $0.ciphertext())]
        },
        message("dap-aggregate-share-aad", AggregateShareAad.self) {
            [
                AggregateShareAad(
                    taskID: .random(using: &$0), taskConfiguration: try $0.taskConfiguration(),
                    collectionJobReq: $0.collectionJobReq())
            ]
        },
    ]

    /// The decoder of one structure; `use` does with a decoded value what the node does.
    static func message<Message: WireMessage>(
        _ name: String, _ type: Message.Type,
        seeds: @escaping @Sendable (inout SeededGenerator) throws -> [Message],
        then use: @escaping @Sendable (Message) -> Void = { _ in }
    ) -> Decoder {
        Decoder(
            name, seeds: { generator in try seeds(&generator).map { $0.encoded() } },
            run: { input in
                if let message = canonical(input, name, Message.init(decoding:), { $0.encoded() }) { use(message) }
            })
    }
}
