import DAP
import Encodings
import TaskTypes
import Tasks
import Testing

/// Tasks of nothing but DAP: no extension 0xFF00.
@Suite struct PlainTaskTests {
    private func plain(_ vdaf: VDAFConfiguration, minBatchSize: UInt64 = 2) throws -> TaskConfiguration {
        try Fixtures.task(vdaf, minBatchSize: minBatchSize, cairn: nil)
    }

    @Test(arguments: Fixtures.vdafs) func anUncommittedTaskNeedsNoExtensionOfOurs(_ vdaf: VDAFConfiguration) throws {
        let task = try plain(vdaf)
        #expect(task.extensions.map(\.type) == [TaskConfiguration.taskIntervalType])
        #expect(try TaskConfiguration(decoding: task.encoding) == task)
        #expect(task.taskID == Taskprov.taskID(of: task.encoding))
        let validated = try task.validated()
        #expect(validated.isPlain && validated.cairn == nil && !validated.isCommitted && validated.sigma == nil)
        #expect(try !Fixtures.task(vdaf).validated().isPlain)
        #expect(throws: TaskValidationError.missingCairnParameters) { try plain(.committed(vdaf)).validated() }
    }

    /// Batches of a plain task are bounded by the field alone, and by the columns that count them.
    @Test func theFieldBoundsTheBatches() throws {
        let wide = VDAFConfiguration.sum(maxMeasurement: 1 << 42)
        #expect(try plain(wide).validated().maxBatchSize == 1 << 22 - 1)
        #expect(try plain(wide, minBatchSize: 1 << 22 - 1).validated().maxBatchSize == 1 << 22 - 1)
        let error = #expect(throws: TaskValidationError.self) { try plain(wide, minBatchSize: 1 << 22).validated() }
        guard case .capacity(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("\(1 << 22)") && text.contains("\(1 << 22 - 1)"))
        // Signed coordinates take twice the room.
        let signed = VDAFConfiguration.boundedL2(
            dimension: 3, integerBound: 1 << 12, fractionalBits: 10, isField128: false)
        #expect(try plain(signed).validated().maxBatchSize == 1 << 51 - 1 << 19)
        #expect(try plain(.count).validated().maxBatchSize == UInt64(Int64.max))
        #expect(try plain(.histogram(length: 7, chunkLength: 3)).validated().maxBatchSize == UInt64(Int64.max))
    }

    @Test func theFileOfAPlainTaskRoundTrips() throws {
        let file = try TaskFile(
            name: "plain", configuration: plain(.count), collectorHpkeConfig: Fixtures.collector.config,
            logPolicy: nil, logURL: nil)
        #expect(try TaskFile(json: file.json()) == file)
        #expect(!file.lacksOwnerSignature)
        #expect(throws: TaskFileError.ownerSignatureMismatch) {
            try TaskFile(
                name: "plain", configuration: plain(.count), collectorHpkeConfig: Fixtures.collector.config,
                logPolicy: nil, logURL: nil, ownerSignature: [UInt8](repeating: 1, count: 64))
        }
    }

    /// An operator may give a standard task any id; shares are bound to it, and to the configuration.
    @Test func reportsOfATaskWithAnIDOfItsOwnOpenUnderThatIDAlone() throws {
        let vdaf = VDAFConfiguration.sumVec(length: 5, maxMeasurement: 14, chunkLength: 4)
        let (task, id) = (try plain(vdaf), TaskID.random())
        let shared = try makeTaskVDAF(vdaf)
        let sharded = try shared.shard(
            taskID: id, measurement: Fixtures.measurements(vdaf)[0], reportID: .random())
        let keys = [HpkeKeyPair.generate(id: 1), HpkeKeyPair.generate(id: 2)]
        let report = try ReportBuilder.seal(
            sharded, taskID: id, task: task, time: Fixtures.start / 60, leader: keys[0].config,
            helper: keys[1].config, commitments: [], claimSeed: nil)
        let share = ReportShare(
            metadata: report.metadata, publicShare: report.publicShare,
            encryptedInputShare: report.helperEncryptedInputShare)
        func open(_ taskID: TaskID) -> Result<ReportToVerify, ReportError> {
            ReportOpener(taskID: taskID, task: task, role: .helper, keys: [keys[1]], vdaf: shared)
                .open(share, now: Fixtures.start)
        }
        #expect(try open(id).get().inputShare == sharded.inputShares[1])
        for other in [task.taskID, .random()] {
            guard case .failure(.hpkeDecryptError) = open(other) else {
                Issue.record("opened under another id")
                continue
            }
        }
    }

    // MARK: The header

    private func header(_ bytes: [UInt8]) -> String { ":" + Base64.encode(bytes) + ":" }

    @Test func aHeaderAnnouncesTheTaskThatItEncodes() throws {
        for task in [try plain(.count), try Fixtures.task()] {
            let announced = try #require(Taskprov.announcement(Taskprov.headerValue(task) + ";a=1"))
            #expect(announced.taskID == task.taskID && announced.bytes == task.encoding)
            #expect(try announced.configuration.get() == task)
        }
    }

    @Test func whatIsNoTaskConfigurationAnnouncesNothing() throws {
        let bytes = try plain(.count).encoding
        var withoutPrecision = bytes
        // time_precision 60 becomes 0: it stands behind task_info and both URLs.
        let position = 1 + 4 + 2 + 22 + 2 + 22 + 7
        #expect(withoutPrecision[position] == 60)
        withoutPrecision[position] = 0
        for value in [
            "", "?1", Base64.encode(bytes), header([]), header(Array(bytes.dropLast())), header(bytes + [0]),
            header(withoutPrecision), header([0] + bytes.dropFirst()), header(bytes) + "," + header(bytes),
        ] {
            #expect(Taskprov.announcement(value) == nil, "\(value)")
        }
    }

    /// A valid task that this implementation cannot take part in: whoever is asked opts out, rather than not to hear.
    @Test func aTaskThatWeDoNotKnowIsAnnouncedAllTheSame() throws {
        var otherMode = try plain(.count).encoding
        let position = 1 + 4 + 2 + 22 + 2 + 22 + 8 + 8
        #expect(otherMode[position] == BatchMode.timeInterval.rawValue)
        otherMode[position] = 9
        let stranger = try Fixtures.task(.count, cairn: nil)
        let extensions = [Extension(type: 0x0BAD, data: [1])].flatMap { $0.encoded() }
        var otherExtension = Array(stranger.encoding.dropLast(2 + 4 + 16))
        otherExtension += [UInt8(extensions.count >> 8), UInt8(extensions.count & 0xFF)] + extensions
        for bytes in [otherMode, otherExtension] {
            let announced = try #require(Taskprov.announcement(header(bytes)))
            #expect(announced.taskID == Taskprov.taskID(of: bytes))
            #expect(throws: CodecError.self) { try announced.configuration.get() }
        }
    }
}
