import DAP
import Encodings
import TaskTypes
import Tasks

/// Which tasks a node serves although its operator has not added them: those that requests announce in the header
/// `DAP-Taskprov` (taskprov-04), within these bounds.
///
/// ```yaml
/// taskprov:
///   collector_hpke_config: 09002000…   # who reads the sums: the line of FILE.pub (cairn keygen hpke)
///   min_batch_size: 100                # tasks with smaller batches are refused
///   vdafs: [count, sum, histogram]     # all plain types, unless some are named
///   max_tasks: 1000                    # 1,000 unless another number is named
/// ```
///
/// A helper is asked by its leader alone, which has to show its token. A leader is asked by anybody who uploads, so a
/// stranger can fill `max_tasks`, and no more than that; whoever names a task that is not served learns that.
package struct TaskprovSettings: Sendable, Equatable {
    /// The collector's of all these tasks: no plain task names one.
    package var collectorConfig: HpkeConfig
    package var minBatchSize: UInt64
    /// Names of types.
    package var vdafs: Set<String>
    package var maxTasks: UInt64

    package init(
        collectorConfig: HpkeConfig, minBatchSize: UInt64, vdafs: Set<String> = Set(TaskTypeRegistry.names),
        maxTasks: UInt64 = 1_000
    ) {
        self.collectorConfig = collectorConfig
        self.minBatchSize = minBatchSize
        self.vdafs = vdafs
        self.maxTasks = maxTasks
    }

    init(_ section: YAMLSection) throws(ConfigurationError) {
        try section.allowOnly(["collector_hpke_config", "min_batch_size", "vdafs", "max_tasks"])
        let known = TaskTypeRegistry.names
        var vdafs = Set(known)
        if section.has("vdafs") {
            vdafs = []
            for name in try section.texts("vdafs") {
                guard known.contains(name) else {
                    throw section.invalid(
                        "vdafs", "there is no type '\(name)'; the types are \(known.joined(separator: ", "))")
                }
                vdafs.insert(name)
            }
        }
        self.init(
            collectorConfig: try section.hpkeConfig("collector_hpke_config"),
            minBatchSize: try section.number("min_batch_size", in: 1...UInt64.max), vdafs: vdafs,
            maxTasks: section.has("max_tasks") ? try section.number("max_tasks", in: 1...UInt64(Int64.max)) : 1_000)
    }

    /// Why a node that has never heard of a task does not opt into it; nil where it may, as far as the task alone says.
    ///
    /// - Parameter now: POSIX seconds.
    package func objection(to task: ValidatedTask, now: UInt64) -> String? {
        guard task.isPlain else {
            return "it has Cairn's own parameters; such tasks are added by the operator (cairn node task add)"
        }
        guard vdafs.contains(task.vdaf.name) else { return "the operator does not allow the type \(task.vdaf.name)" }
        let minimum = task.configuration.minBatchSize
        guard minimum >= minBatchSize else {
            return "its batches may have \(minimum) reports; the operator demands at least \(minBatchSize)"
        }
        if let end = task.configuration.taskInterval?.end, end <= task.configuration.time(ofSeconds: now) {
            return "it has ended"
        }
        return nil
    }
}

extension YAMLSection {
    /// A collector's public key, as `cairn keygen hpke` writes it into FILE.pub (hexadecimal), or as others write it
    /// (unpadded base64url).
    func hpkeConfig(_ key: String) throws(ConfigurationError) -> HpkeConfig {
        let text = try text(key)
        let config = [Hex.decode(text), Base64.decodeURL(text)].lazy.compactMap { bytes in
            bytes.flatMap { try? HpkeConfig(decoding: $0) }
        }.first
        guard let config else {
            throw invalid(
                key,
                "an encoded HpkeConfig in hexadecimal or unpadded base64url is expected, such as the line of FILE.pub")
        }
        guard config.isSupported else {
            throw invalid(key, "the cipher suite is not X25519, HKDF-SHA256, AES-128-GCM")
        }
        return config
    }
}
