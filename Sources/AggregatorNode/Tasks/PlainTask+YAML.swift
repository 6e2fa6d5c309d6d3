import DAP
import Datastore
import Encodings
import TaskTypes
import Tasks

// Reading an operator's file. As in a node's own configuration, every complaint names the line.

extension PlainTask {
    /// Reads the file at `path`, and the key files that it names.
    package static func load(path: String) throws(ConfigurationError) -> PlainTask {
        try load(yaml: try YAMLSection.text(ofFile: path), file: path)
    }

    /// Reads a task from its text; `file` names it in errors, and its folder is where relative paths start.
    package static func load(yaml: String, file: String) throws(ConfigurationError) -> PlainTask {
        let root = try YAMLSection.document(yaml, file: file)
        for (key, reason) in elsewhere where root.has(key) { throw root.needless(key, reason) }
        let fields = [
            "task_info", "task_info_hex", "leader", "helper", "time_precision", "min_batch_size", "batch_mode", "vdaf",
            "task_interval",
        ]
        try root.allowOnly(
            ["name", "task_id", "task_configuration"] + fields + ["verify_keys", "collector_hpke_config"])
        let name = try root.value("name", reason: "at most 64 characters of one line") { text in
            text.count <= 64 && !text.contains(where: \.isNewline) ? text : nil
        }
        let configuration: TaskConfiguration
        if root.has("task_configuration") {
            for field in fields where root.has(field) {
                throw root.needless(field, "task_configuration says it already")
            }
            configuration = try encodedConfiguration(root)
        } else {
            configuration = try self.configuration(root)
        }
        var id = configuration.taskID
        if root.has("task_id") {
            let reason = "a task id is 32 bytes, in unpadded base64url (43 characters) or hexadecimal (64 digits)"
            id = try root.value("task_id", reason: reason) { TaskID(hex: $0) ?? TaskID(base64URL: $0) }
        }
        // A task with an id of its own has nothing from which a key could follow.
        let hasOwnKeys = root.has("verify_keys") || id != configuration.taskID
        return PlainTask(
            name: name, id: id, configuration: configuration,
            collectorConfig: try root.hpkeConfig("collector_hpke_config"),
            verifyKeys: hasOwnKeys ? try verifyKeys(root, file: file) : [])
    }

    /// What an operator might look for here.
    private static let elsewhere = [
        (
            "peer",
            "the two URLs are 'leader' and 'helper'; who a node's peers are its own configuration says"
        ),
        ("tokens", "tokens are the node's: they stand in its own configuration"),
        ("max_batch_size", "DAP has no such parameter; batches grow until they are collected"),
        ("expiry", "write task_interval; DAP-18 has no other end of a task"),
    ]

    // MARK: The configuration

    private static func encodedConfiguration(_ root: YAMLSection) throws(ConfigurationError) -> TaskConfiguration {
        let key = "task_configuration"
        let bytes = try root.value(key, reason: "hexadecimal digits or unpadded base64url are expected") {
            Hex.decode($0) ?? Base64.decodeURL($0)
        }
        let configuration: TaskConfiguration
        do throws(CodecError) { configuration = try TaskConfiguration(decoding: bytes) } catch {
            throw root.invalid(key, "not a TaskConfiguration of DAP-18 that this node knows: \(error)")
        }
        guard configuration.cairn == nil else {
            throw root.invalid(
                key, "the task has Cairn's own parameters (extension 0xff00): add its task file, without --dap")
        }
        do throws(InsecureEndpoint) { try configuration.checkTransport() } catch {
            throw root.invalid(key, error.description)
        }
        do throws(TaskValidationError) { _ = try configuration.validated() } catch {
            throw root.invalid(key, error.description)
        }
        return configuration
    }

    private static func configuration(_ root: YAMLSection) throws(ConfigurationError) -> TaskConfiguration {
        let info = try info(root)
        let (leader, helper) = (try url("leader", root), try url("helper", root))
        guard BaseURL(leader) != BaseURL(helper) else {
            throw root.invalid("helper", "this is the leader's URL as well; a task has two aggregators")
        }
        let precision = try root.number("time_precision", in: 1...UInt64.max)
        let minimum = try root.number("min_batch_size", in: 1...UInt64.max)
        let mode: BatchMode = try root.value("batch_mode", reason: "write time-interval or leader-selected") {
            ["time-interval": .timeInterval, "leader-selected": .leaderSelected][$0]
        }
        let vdaf = try VDAFConfiguration("vdaf", in: root)
        let interval = try interval(root, precision: precision)
        let configuration: TaskConfiguration
        do throws(CodecError) {
            configuration = try TaskConfiguration(
                taskInfo: info, leaderURL: leader, helperURL: helper, timePrecision: precision, minBatchSize: minimum,
                batchMode: mode, vdaf: vdaf, taskInterval: interval, cairn: nil)
        } catch {
            // Everything else has been checked field by field.
            throw root.invalid("leader", "the URLs make the task too large: \(error)")
        }
        do throws(TaskValidationError) { _ = try configuration.validated() } catch {
            throw root.invalid("min_batch_size", error.description)
        }
        return configuration
    }

    private static func info(_ root: YAMLSection) throws(ConfigurationError) -> [UInt8] {
        let key = root.has("task_info_hex") ? "task_info_hex" : "task_info"
        if key == "task_info_hex", root.has("task_info") {
            throw root.needless("task_info", "task_info_hex says it already")
        }
        let reason = key == "task_info" ? "1 to 255 bytes" : "hexadecimal digits of 1 to 255 bytes"
        return try root.value(key, reason: reason) { text in
            let bytes = key == "task_info" ? Array(text.utf8) : Hex.decode(text)
            return bytes.flatMap { (1...255).contains($0.count) ? $0 : nil }
        }
    }

    /// The URL as it is written: its bytes are part of the task.
    private static func url(_ key: String, _ root: YAMLSection) throws(ConfigurationError) -> String {
        let text = try root.value(key, reason: "write an absolute https URL without query or user") { text in
            text.utf8.allSatisfy { (0x21...0x7E).contains($0) } && BaseURL(text) != nil ? text : nil
        }
        do throws(InsecureEndpoint) { try EndpointRule.check(text) } catch {
            throw root.invalid(key, error.description)
        }
        return text
    }

    private static func interval(_ root: YAMLSection, precision: UInt64) throws(ConfigurationError) -> Interval? {
        guard root.has("task_interval") else { return nil }
        let section = try root.section("task_interval")
        try section.allowOnly(["start", "duration"])
        func units(_ key: String, in range: ClosedRange<UInt64>) throws(ConfigurationError) -> UInt64 {
            let seconds = try section.number(key, in: range)
            guard seconds.isMultiple(of: precision) else {
                throw section.invalid(key, "\(seconds) s is no multiple of time_precision, \(precision) s")
            }
            return seconds / precision
        }
        let interval = Interval(
            start: try units("start", in: 0...UInt64.max), duration: try units("duration", in: 1...UInt64.max))
        guard interval.isValid, let end = interval.end, !end.multipliedReportingOverflow(by: precision).overflow else {
            throw section.invalid("duration", "the interval ends beyond 64 bits")
        }
        return interval
    }

    // MARK: Keys

    private static func verifyKeys(_ root: YAMLSection, file: String) throws(ConfigurationError) -> [VerifyKey] {
        guard root.has("verify_keys") else {
            throw root.invalid(
                "task_id", "it is not the configuration's (taskprov), so no key follows from it: list verify_keys")
        }
        var keys: [VerifyKey] = []
        for section in try root.sections("verify_keys") {
            try section.allowOnly(["id", "file"])
            let id = try section.number("id", in: UInt8.min...UInt8.max)
            guard !keys.contains(where: { $0.id == id }) else {
                throw section.invalid("id", "another key has this id")
            }
            let path = YAMLSection.path(try section.text("file"), besideFile: file)
            do throws(KeyFileError) {
                keys.append(VerifyKey(id: id, bytes: try KeyFiles.preSharedKey(at: path)))
            } catch {
                throw section.invalid("file", error.description)
            }
        }
        return keys
    }
}
