import DAP
import TaskTypes

/// Everything that the participants of a task must agree on (DAP-18 section 4.2).
///
/// ```
/// struct {
///   opaque task_info<1..2^8-1>; Url leader_aggregator_endpoint; Url helper_aggregator_endpoint;
///   TimePrecision time_precision; uint64 min_batch_size; BatchMode batch_mode; opaque batch_config<0..2^16-1>;
///   VdafType vdaf_type; opaque vdaf_configuration<0..2^16-1>; TaskExtension extensions<0..2^16-1>;
/// } TaskConfiguration;
/// ```
/// A value is immutable and has passed the rules that do not depend on the VDAF: known extensions in strictly
/// increasing order, at most ``maximumSize`` bytes (it travels in an HTTP header). Its exact bytes name the task and
/// are bound into every ciphertext, so URLs are kept as they are, never normalized. Whether the parameters make sense
/// together is ``validated()``'s question.
public struct TaskConfiguration: Sendable {
    /// The largest encoding that Cairn accepts, in bytes.
    public static let maximumSize = 4096
    /// `task_interval(1)`: reports must carry a time inside this ``DAP/Interval`` (section 4.2.3).
    public static let taskIntervalType: UInt16 = 1

    /// 1 to 255 bytes that tell this task from others.
    public let taskInfo: [UInt8]
    /// ASCII, 1 to 65,535 characters.
    public let leaderURL: String
    /// ASCII, 1 to 65,535 characters.
    public let helperURL: String
    /// Seconds in a unit of time; at least 1.
    public let timePrecision: UInt64
    /// The fewest reports of which a result is given.
    public let minBatchSize: UInt64
    /// How the task's batches are named.
    public let batchMode: BatchMode
    /// Empty in both batch modes.
    public let batchConfig: [UInt8]
    /// The VDAF's code point; ``vdaf`` says what it is.
    public let vdafType: UInt32
    /// The VDAF's parameters, as its type encodes them.
    public let vdafConfiguration: [UInt8]
    /// Extensions of the task, in increasing order of their types.
    public let extensions: [Extension]

    /// The encoded structure.
    public let encoding: [UInt8]
    /// The hash of ``encoding``, see ``Taskprov/taskID(of:)``.
    public let taskID: TaskID
    /// When reports may be made; nil for a task without such limits.
    public let taskInterval: Interval?
    /// Cairn's own parameters; nil in a task of another DAP deployment.
    public let cairn: CairnTaskParameters?

    /// Puts a configuration together from its fields on the wire.
    ///
    /// - Throws: ``DAP/CodecError`` where a field or the whole is too long, empty, or an extension is unknown, malformed or
    ///   out of order.
    public init(
        taskInfo: [UInt8], leaderURL: String, helperURL: String, timePrecision: UInt64, minBatchSize: UInt64,
        batchMode: BatchMode, batchConfig: [UInt8] = [], vdafType: UInt32, vdafConfiguration: [UInt8],
        extensions: [Extension]
    ) throws(CodecError) {
        guard !taskInfo.isEmpty else { throw .emptyField("task_info") }
        guard taskInfo.count <= 255 else { throw .tooLong(field: "task_info", maximum: 255) }
        try Self.checkURL(leaderURL, "leader_aggregator_endpoint")
        try Self.checkURL(helperURL, "helper_aggregator_endpoint")
        guard timePrecision > 0 else { throw .invalidValue(field: "time_precision", reason: "must be at least 1") }
        guard batchConfig.isEmpty else {
            throw .invalidValue(field: "batch_config", reason: "must be empty in this batch mode")
        }
        try extensions.checkOrder()
        if let unknown = extensions.unknownTypes(known: [Self.taskIntervalType, CairnTaskParameters.extensionType])
            .first
        {
            throw .unsupported(field: "task extension", value: UInt64(unknown))
        }
        taskInterval = try extensions.data(ofType: Self.taskIntervalType).map(Self.decodeTaskInterval)
        cairn = try extensions.data(ofType: CairnTaskParameters.extensionType).map(CairnTaskParameters.decode)

        self.taskInfo = taskInfo
        self.leaderURL = leaderURL
        self.helperURL = helperURL
        self.timePrecision = timePrecision
        self.minBatchSize = minBatchSize
        self.batchMode = batchMode
        self.batchConfig = batchConfig
        self.vdafType = vdafType
        self.vdafConfiguration = vdafConfiguration
        self.extensions = extensions

        // The writer stops the program at a vector that does not fit its length prefix, so the sum comes first.
        let variable = leaderURL.utf8.count + helperURL.utf8.count + vdafConfiguration.count
        let size = Self.fixedSize + taskInfo.count + variable + extensions.reduce(0) { $0 + 4 + $1.data.count }
        guard size <= Self.maximumSize else { throw .tooLong(field: "task_configuration", maximum: Self.maximumSize) }
        var writer = ByteWriter()
        writer.opaque8(taskInfo)
        writer.opaque16(Array(leaderURL.utf8))
        writer.opaque16(Array(helperURL.utf8))
        writer.write(timePrecision)
        writer.write(minBatchSize)
        batchMode.encode(into: &writer)
        writer.opaque16(batchConfig)
        writer.write(vdafType)
        writer.opaque16(vdafConfiguration)
        writer.vector16(extensions)
        encoding = writer.bytes
        taskID = Taskprov.taskID(of: encoding)
    }

    /// Puts a configuration together from Cairn's own types.
    public init(
        taskInfo: [UInt8], leaderURL: String, helperURL: String, timePrecision: UInt64, minBatchSize: UInt64,
        batchMode: BatchMode, vdaf: VDAFConfiguration, taskInterval: Interval?, cairn: CairnTaskParameters?
    ) throws(CodecError) {
        var extensions: [Extension] = []
        if let taskInterval {
            extensions.append(Extension(type: Self.taskIntervalType, data: taskInterval.encoded()))
        }
        if let cairn {
            guard (cairn.logKey?.utf8.count ?? 0) <= Self.maximumSize else {
                throw .tooLong(field: "log_key", maximum: Self.maximumSize)
            }
            extensions.append(Extension(type: CairnTaskParameters.extensionType, data: cairn.encoded()))
        }
        try self.init(
            taskInfo: taskInfo, leaderURL: leaderURL, helperURL: helperURL, timePrecision: timePrecision,
            minBatchSize: minBatchSize, batchMode: batchMode, vdafType: vdaf.type, vdafConfiguration: vdaf.parameters,
            extensions: extensions)
    }

    /// The VDAF that the task uses.
    public var vdaf: VDAFConfiguration {
        get throws(VDAFConfigurationError) {
            try VDAFConfiguration(type: vdafType, parameters: vdafConfiguration)
        }
    }

    /// Bytes of the fields whose length does not vary, length prefixes included.
    private static let fixedSize = 1 + 2 + 2 + 8 + 8 + 1 + 2 + 4 + 2 + 2

    private static func checkURL(_ url: String, _ field: String) throws(CodecError) {
        guard !url.isEmpty else { throw .emptyField(field) }
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .invalidValue(field: field, reason: "a URL consists of printable ASCII characters without spaces")
        }
    }

    private static func decodeTaskInterval(_ data: [UInt8]) throws(CodecError) -> Interval {
        let interval = try Interval(decoding: data)
        guard interval.isValid else {
            throw .invalidValue(field: "task_interval", reason: "must not be empty and must end within 64 bits")
        }
        return interval
    }
}

extension CairnTaskParameters {
    static func decode(_ data: [UInt8]) throws(CodecError) -> CairnTaskParameters {
        try CairnTaskParameters(decoding: data)
    }
}

extension TaskConfiguration: WireMessage {
    public init(from reader: inout ByteReader) throws(CodecError) {
        try self.init(
            taskInfo: try reader.opaque8("task_info", allowEmpty: false),
            leaderURL: try reader.url("leader_aggregator_endpoint"),
            helperURL: try reader.url("helper_aggregator_endpoint"),
            timePrecision: try reader.uint64("time_precision"), minBatchSize: try reader.uint64("min_batch_size"),
            batchMode: try BatchMode(from: &reader), batchConfig: try reader.opaque16("batch_config"),
            vdafType: try reader.uint32("vdaf_type"), vdafConfiguration: try reader.opaque16("vdaf_configuration"),
            extensions: try reader.extensions("extensions"))
    }

    public func encode(into writer: inout ByteWriter) { writer.write(encoding) }
}

/// The encoding determines everything else.
extension TaskConfiguration: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.encoding == right.encoding }
    public func hash(into hasher: inout Hasher) { hasher.combine(taskID) }
}

extension ByteReader {
    /// `opaque Url<1..2^16-1>`: ASCII, kept byte for byte.
    fileprivate mutating func url(_ field: String) throws(CodecError) -> String {
        let bytes = try opaque16(field, allowEmpty: false)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { throw .invalidValue(field: field, reason: "not ASCII") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
