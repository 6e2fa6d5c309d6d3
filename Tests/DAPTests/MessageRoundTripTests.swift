import DAP
import Tasks
import TestSupport
import Testing

/// One message type, with what has to hold of it on random content.
struct MessageCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Where lists go on to the end of the message, a shorter message may be a shorter list.
    let endsWithList: Bool
    let encodeRandom: @Sendable (inout SeededGenerator) -> [UInt8]
    let reencode: @Sendable ([UInt8]) throws(CodecError) -> [UInt8]
    let roundTrips: @Sendable (inout SeededGenerator) throws -> Bool

    init<Message: WireMessage & Equatable>(
        endsWithList: Bool = false, _ make: @escaping @Sendable (inout SeededGenerator) -> Message
    ) {
        testDescription = "\(Message.self)"
        self.endsWithList = endsWithList
        encodeRandom = { make(&$0).encoded() }
        reencode = { bytes throws(CodecError) in try Message(decoding: bytes).encoded() }
        roundTrips = { generator in
            let message = make(&generator)
            return try Message(decoding: message.encoded()) == message
        }
    }

    static let all: [MessageCase] = [
        MessageCase { TaskID.random(using: &$0) },
        MessageCase { BatchID.random(using: &$0) },
        MessageCase { ReportID.random(using: &$0) },
        MessageCase { $0.reportError() },
        MessageCase { BatchMode.allCases.randomElement(using: &$0)! },
        MessageCase { $0.interval() },
        MessageCase { Extension(type: 7, data: $0.bytes(in: 0...9)) },
        MessageCase { $0.hpkeConfig(id: 3) },
        MessageCase { generator in
            HpkeConfigList(
                configs: (0...UInt8.random(in: 0...3, using: &generator)).map { generator.hpkeConfig(id: $0) })
        },
        MessageCase { $0.ciphertext() },
        MessageCase { $0.metadata() },
        MessageCase { $0.report() },
        MessageCase(endsWithList: true) { generator in UploadRequest(reports: (0..<2).map { _ in generator.report() })
        },
        MessageCase(endsWithList: true) { generator in
            UploadErrors(
                statuses: (0..<3).map { _ in
                    ReportUploadStatus(reportID: .random(using: &generator), error: generator.reportError())
                })
        },
        MessageCase { PlaintextInputShare(privateExtensions: $0.extensions(), payload: $0.bytes(in: 1...30)) },
        MessageCase {
            InputShareAad(
                taskID: .random(using: &$0), taskConfiguration: $0.taskConfiguration(), metadata: $0.metadata(),
                publicShare: $0.bytes(in: 0...30))
        },
        MessageCase { $0.reportShare() },
        MessageCase { $0.verifyInit() },
        MessageCase(endsWithList: true) { generator in
            AggregationJobInitReq(
                verificationKeyID: 1, aggregationParameter: generator.bytes(in: 0...9),
                extensions: generator.extensions(), verifyInits: (0..<2).map { _ in generator.verifyInit() })
        },
        MessageCase { $0.verifyResp() },
        MessageCase(endsWithList: true) { generator in
            AggregationJobResp(responses: (0..<3).map { _ in generator.verifyResp() })
        },
        MessageCase { VerifyContinue(reportID: .random(using: &$0), payload: $0.bytes(in: 1...20)) },
        MessageCase(endsWithList: true) { generator in
            AggregationJobContinueReq(
                step: 1,
                verifyContinues: (0..<2).map { _ in
                    VerifyContinue(reportID: .random(using: &generator), payload: generator.bytes(in: 1...20))
                })
        },
        MessageCase { $0.query() },
        MessageCase { $0.collectionJobReq() },
        MessageCase {
            CollectionJobResp(
                reportCount: $0.integer(), interval: $0.interval(), leaderEncryptedAggregateShare: $0.ciphertext(),
                helperEncryptedAggregateShare: $0.ciphertext())
        },
        MessageCase { $0.batchSelector() },
        MessageCase { generator in
            var checksum = Checksum()
            checksum.toggle(.random(using: &generator))
            return AggregateShareReq(
                collectionJobReq: generator.collectionJobReq(), batchSelector: generator.batchSelector(),
                reportCount: generator.integer(), checksum: checksum)
        },
        MessageCase { AggregateShare(encryptedAggregateShare: $0.ciphertext()) },
        MessageCase {
            AggregateShareAad(
                taskID: .random(using: &$0), taskConfiguration: $0.taskConfiguration(),
                collectionJobReq: $0.collectionJobReq())
        },
        MessageCase { $0.taskConfiguration() },
    ]
}

@Suite struct MessageRoundTripTests {
    @Test(arguments: MessageCase.all)
    func randomMessagesDecodeToThemselves(_ message: MessageCase) throws {
        var generator = SeededGenerator()
        for _ in 0..<20 {
            #expect(try message.roundTrips(&generator), "seed \(generator.seed)")
        }
    }

    @Test(arguments: MessageCase.all)
    func everyTruncationIsRefused(_ message: MessageCase) {
        var generator = SeededGenerator()
        let bytes = message.encodeRandom(&generator)
        for length in 0..<bytes.count {
            let prefix = Array(bytes.prefix(length))
            let reencoded = try? message.reencode(prefix)
            #expect(
                reencoded == nil || message.endsWithList && reencoded == prefix,
                "length \(length) of \(bytes.count), seed \(generator.seed)")
        }
    }

    @Test(arguments: MessageCase.all)
    func aTrailingByteIsRefused(_ message: MessageCase) {
        var generator = SeededGenerator()
        let bytes = message.encodeRandom(&generator) + [0]
        #expect(throws: CodecError.self, "seed \(generator.seed)") { try message.reencode(bytes) }
    }

    /// Whatever a changed byte makes of a message: if it is accepted, it is the encoding of what was understood. So no
    /// message has two encodings, and nothing in a message goes unread.
    @Test(arguments: MessageCase.all)
    func whatIsAcceptedEncodesToTheSameBytes(_ message: MessageCase) {
        var generator = SeededGenerator()
        let bytes = message.encodeRandom(&generator)
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var changed = bytes
                changed[index] ^= mask
                guard let reencoded = try? message.reencode(changed) else { continue }
                #expect(reencoded == changed, "byte \(index) ^ \(mask), seed \(generator.seed)")
            }
        }
    }

    @Test(arguments: MessageCase.all)
    func randomBytesNeverTrap(_ message: MessageCase) {
        var generator = SeededGenerator()
        for _ in 0..<200 {
            let bytes = generator.bytes(in: 0...80)
            let reencoded = try? message.reencode(bytes)
            #expect(reencoded == nil || reencoded == bytes, "seed \(generator.seed)")
        }
    }
}
