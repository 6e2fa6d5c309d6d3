import DAP
import Datastore
import Tasks

/// A plain DAP task as an operator configures it: what `cairn node task add --dap FILE` reads.
///
/// ```yaml
/// name: visits                                # for people
/// task_id: 8BY0RzZMzxvA46_8ymhzycOB9krN-QIGYvg_RsByGec   # unless the configuration names the task (taskprov)
/// task_info: visits                           # or task_info_hex
/// leader: https://leader.example.org/         # byte for byte as the others have it
/// helper: https://helper.example.com/dap/
/// time_precision: 3600                        # seconds
/// min_batch_size: 100
/// batch_mode: time-interval                   # or leader-selected
/// vdaf: { type: histogram, length: 10, chunk_length: 4 }   # VDAFConfiguration+YAML
/// task_interval: { start: 1767225600, duration: 2592000 }  # seconds; optional: when reports may be made
/// verify_keys:                                # not in a taskprov task, whose key follows from the operators' secret
///   - { id: 1, file: visits.key }             # a leader uses the first
///   - { id: 0, file: old.key }
/// collector_hpke_config: 09002000…            # hexadecimal or unpadded base64url
/// ```
///
/// Clients, collector and both aggregators seal their ciphertexts to the exact bytes of the `TaskConfiguration` (DAP-18
/// section 4.2), whose fields these are. `task_configuration`, hexadecimal or base64url, gives those bytes instead of the
/// fields from `task_info` to `task_interval`.
package struct PlainTask: Sendable {
    package var name: String
    package var id: TaskID
    package var configuration: TaskConfiguration
    package var collectorConfig: HpkeConfig
    /// Empty: one key of id 0, derived from the operators' shared secret (taskprov). A leader uses the first.
    package var verifyKeys: [VerifyKey]

    /// Whether id and key follow from the configuration.
    package var isTaskprov: Bool { verifyKeys.isEmpty && id == configuration.taskID }

    package init(
        name: String, id: TaskID, configuration: TaskConfiguration, collectorConfig: HpkeConfig,
        verifyKeys: [VerifyKey]
    ) {
        self.name = name
        self.id = id
        self.configuration = configuration
        self.collectorConfig = collectorConfig
        self.verifyKeys = verifyKeys
    }
}
