import Crypto
import DAP
import Tasks
import TestSupport
import Testing

@Suite struct TaskConfigurationTests {
    @Test func extensionsMustBeKnownAndStrictlyIncreasing() throws {
        let interval = Extension(type: 1, data: Interval(start: 5, duration: 5).encoded())
        let cairn = Extension(type: 0xFF00, data: Fixtures.parameters().encoded())
        func build(_ extensions: [Extension]) throws(CodecError) -> TaskConfiguration {
            try TaskConfiguration(
                taskInfo: [1], leaderURL: "http://l", helperURL: "http://h", timePrecision: 1, minBatchSize: 1,
                batchMode: .timeInterval, vdafType: 1, vdafConfiguration: [], extensions: extensions)
        }
        #expect(try build([interval, cairn]).cairn == Fixtures.parameters())
        #expect(throws: CodecError.extensionOrder(type: 1, after: 0xFF00)) { try build([cairn, interval]) }
        #expect(throws: CodecError.extensionOrder(type: 1, after: 1)) { try build([interval, interval]) }
        #expect(throws: CodecError.unsupported(field: "task extension", value: 2)) {
            try build([interval, Extension(type: 2, data: [])])
        }
        #expect(throws: CodecError.trailingBytes(1)) { try build([Extension(type: 1, data: interval.data + [0])]) }
        for bad in [Interval(start: 1, duration: 0), Interval(start: .max, duration: 1)] {
            #expect(throws: CodecError.self) { try build([Extension(type: 1, data: bad.encoded())]) }
        }
    }

    @Test func configurationsBeyondAHeaderAreRefused() throws {
        func build(urlLength: Int) throws(CodecError) -> TaskConfiguration {
            try TaskConfiguration(
                taskInfo: [1], leaderURL: String(repeating: "l", count: urlLength), helperURL: "h", timePrecision: 1,
                minBatchSize: 1, batchMode: .timeInterval, vdaf: .count, taskInterval: nil, cairn: nil)
        }
        let rest = try build(urlLength: 1).encoding.count - 1
        #expect(try build(urlLength: 4096 - rest).encoding.count == 4096)
        for length in [4097 - rest, 65_535, 65_536, 200_000] {
            #expect(throws: CodecError.tooLong(field: "task_configuration", maximum: 4096)) {
                try build(urlLength: length)
            }
        }
        // The same from the wire.
        var writer = ByteWriter()
        writer.opaque8([1])
        writer.opaque16([UInt8](repeating: 0x6C, count: 5000))
        let bytes = writer.bytes + (try build(urlLength: 1).encoding.dropFirst(5))
        #expect(throws: CodecError.tooLong(field: "task_configuration", maximum: 4096)) {
            try TaskConfiguration(decoding: bytes)
        }
    }

    @Test func fieldsOutsideTheirRangeAreRefused() {
        func build(
            info: [UInt8] = [1], url: String = "http://l", precision: UInt64 = 1, batchConfig: [UInt8] = []
        ) throws(CodecError) -> TaskConfiguration {
            try TaskConfiguration(
                taskInfo: info, leaderURL: url, helperURL: "http://h", timePrecision: precision, minBatchSize: 1,
                batchMode: .leaderSelected, batchConfig: batchConfig, vdafType: 1, vdafConfiguration: [], extensions: []
            )
        }
        #expect(throws: CodecError.emptyField("task_info")) { try build(info: []) }
        #expect(throws: CodecError.tooLong(field: "task_info", maximum: 255)) {
            try build(info: [UInt8](repeating: 0, count: 256))
        }
        #expect(throws: CodecError.emptyField("leader_aggregator_endpoint")) { try build(url: "") }
        for url in ["http://l/ x", "http://ü", "http://l\n"] {
            #expect(throws: CodecError.self, "\(url)") { try build(url: url) }
        }
        #expect(throws: CodecError.self) { try build(precision: 0) }
        #expect(throws: CodecError.self) { try build(batchConfig: [0]) }
    }

    @Test func everyByteOfTheConfigurationChangesTheTaskID() throws {
        let task = try Fixtures.task()
        for index in task.encoding.indices {
            var bytes = task.encoding
            bytes[index] ^= 1
            #expect(Taskprov.taskID(of: bytes) != task.taskID)
        }
    }

    @Test func timesConvertWithoutOverflow() throws {
        let task = try Fixtures.task()
        #expect(task.time(ofSeconds: 179) == 2)
        #expect(task.seconds(of: 2) == 120)
        #expect(task.seconds(of: .max) == nil)
        #expect(task.time(ofSeconds: .max) == UInt64.max / 60)
    }

    @Test func intervalsNearTheEndOfTimeDoNotOverflow() {
        let last = Interval(start: .max - 1, duration: 1)
        #expect(last.contains(.max - 1) && !last.contains(.max) && last.end == .max)
        let beyond = Interval(start: .max, duration: 1)
        #expect(!beyond.isValid && beyond.end == nil && !beyond.contains(.max) && !beyond.contains(last))
        #expect(!last.contains(beyond) && !last.overlaps(beyond) && !beyond.overlaps(last))
        #expect(Interval(from: .max, through: 0).duration == .max)
        #expect(Interval(from: 7, through: 3) == Interval(start: 3, duration: 5))
        let week = Interval(start: 10, duration: 7)
        #expect(week.contains(10) && week.contains(16) && !week.contains(17) && !week.contains(9))
        #expect(week.contains(Interval(start: 10, duration: 7)) && !week.contains(Interval(start: 10, duration: 8)))
        #expect(week.overlaps(Interval(start: 16, duration: 9)) && !week.overlaps(Interval(start: 17, duration: 9)))
        #expect(!Interval(start: 10, duration: 0).isValid)
    }
}

@Suite struct CairnTaskParametersTests {
    @Test func everyFieldRoundTrips() throws {
        var generator = SeededGenerator()
        for _ in 0..<50 {
            let parameters = generator.cairnParameters()
            #expect(try CairnTaskParameters(decoding: parameters.encoded()) == parameters, "seed \(generator.seed)")
        }
    }

    private func field(_ tag: UInt16, _ value: [UInt8]) -> [UInt8] { Extension(type: tag, data: value).encoded() }

    /// A task is written in one way: no window is no field.
    @Test func aWindowOfNothingOrTooLongIsRefused() throws {
        let rest = field(2, [UInt8](repeating: 7, count: 32)) + field(5, [0, 0, 0, 0, 0, 0, 0, 9])
        for (seconds, bytes) in [(1, [0, 0, 0, 1]), (604_800, [0, 9, 0x3A, 0x80])] as [(UInt32, [UInt8])] {
            let parameters = try CairnTaskParameters(decoding: rest + field(14, bytes))
            #expect(parameters.logWindow == LogWindow(seconds: seconds))
            #expect(parameters.encoded() == rest + field(14, bytes))
        }
        let refused: [[UInt8]] = [
            [0, 0, 0, 0], [0, 9, 0x3A, 0x81], [255, 255, 255, 255], [0, 0, 1], [0, 0, 0, 0, 1], [],
        ]
        for bytes in refused {
            #expect(throws: CodecError.self, "\(bytes)") { try CairnTaskParameters(decoding: rest + field(14, bytes)) }
        }
    }

    @Test func windowsEndAtMultiplesOfTheirLength() throws {
        let window = try #require(LogWindow(seconds: 3_600))
        #expect(window.end(of: 0) == 3_600 && window.end(of: 3_599) == 3_600 && window.end(of: 3_600) == 7_200)
        #expect(window.end(of: .max) == .max)
        #expect(LogWindow(seconds: 0) == nil && LogWindow(seconds: LogWindow.longest + 1) == nil)
        #expect(LogWindow.usual(timePrecision: 60)?.seconds == 60)
        #expect(LogWindow.usual(timePrecision: .max)?.seconds == LogWindow.longest)
    }

    @Test func tagsMustBeKnownStrictlyIncreasingAndComplete() {
        let hash = field(2, [UInt8](repeating: 7, count: 32))
        let size = field(5, [0, 0, 0, 0, 0, 0, 0, 9])
        #expect(throws: Never.self) { try CairnTaskParameters(decoding: hash + size) }
        #expect(throws: CodecError.extensionOrder(type: 2, after: 5)) {
            try CairnTaskParameters(decoding: size + hash)
        }
        #expect(throws: CodecError.extensionOrder(type: 5, after: 5)) {
            try CairnTaskParameters(decoding: hash + size + size)
        }
        for tag: UInt16 in [0, 15, 0xFFFF] {
            let bytes = tag == 0 ? field(tag, []) + hash + size : hash + size + field(tag, [])
            #expect(throws: CodecError.unsupported(field: "cairn field tag", value: UInt64(tag))) {
                try CairnTaskParameters(decoding: bytes)
            }
        }
        #expect(throws: CodecError.missingField("collector_hpke_hash")) { try CairnTaskParameters(decoding: size) }
        #expect(throws: CodecError.missingField("max_batch_size")) { try CairnTaskParameters(decoding: hash) }
        #expect(throws: CodecError.missingField("collector_hpke_hash")) { try CairnTaskParameters(decoding: []) }
    }

    /// Every field of the table, one byte short, one byte long, and with a value that means nothing.
    @Test func valuesMustHaveExactlyTheirShape() {
        let nan = [UInt8(8)] + withUnsafeBytes(of: Double.nan.bitPattern.bigEndian, Array.init)
        let negative = [UInt8(8)] + withUnsafeBytes(of: (-1.0).bitPattern.bigEndian, Array.init)
        let tooManyBits = [UInt8(64)] + withUnsafeBytes(of: (1.0).bitPattern.bigEndian, Array.init)
        let bad: [UInt16: [[UInt8]]] = [
            1: [.init(repeating: 1, count: 63), .init(repeating: 1, count: 65)],
            2: [.init(repeating: 1, count: 31), .init(repeating: 1, count: 33)], 3: [[], [0xFF, 0xFE]],
            4: [[]], 5: [.init(repeating: 1, count: 7), .init(repeating: 1, count: 9)], 6: [[], [2], [0, 0]],
            7: [[1]], 8: [[], [1], [0, 0]], 9: [nan, negative, tooManyBits, [8, 0]], 10: [[1]],
            11: [[0], [5, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]], 12: [[1]], 13: [[1]],
        ]
        for (tag, values) in bad {
            for value in values {
                var fields: [UInt16: [UInt8]] = [
                    2: .init(repeating: 7, count: 32), 5: [0, 0, 0, 0, 0, 0, 0, 9],
                ]
                fields[tag] = value
                let bytes = fields.sorted { $0.key < $1.key }.flatMap { field($0.key, $0.value) }
                #expect(throws: CodecError.self, "tag \(tag), value \(value)") {
                    try CairnTaskParameters(decoding: bytes)
                }
            }
        }
    }
}
