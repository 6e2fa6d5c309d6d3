import DAP

/// A task that the log's owner serves, with all that is needed to check its batches.
///
///     struct {
///         opaque task_configuration<1..2^16-1>;
///         opaque collector_hpke_config<1..2^16-1>;
///     } TaskEntry;
///
/// The task id is the hash of the configuration (taskprov), and the configuration names the hash of the collector's
/// HPKE configuration, so the entry needs no signature.
package struct TaskEntry: WireMessage, Equatable {
    /// The encoded DAP `TaskConfiguration`.
    package var configuration: [UInt8]
    /// The collector's encoded `HpkeConfig`.
    package var collectorHpkeConfig: [UInt8]

    package init(configuration: [UInt8], collectorHpkeConfig: [UInt8]) {
        self.configuration = configuration
        self.collectorHpkeConfig = collectorHpkeConfig
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        configuration = try reader.opaque16("task_configuration", allowEmpty: false)
        collectorHpkeConfig = try reader.opaque16("collector_hpke_config", allowEmpty: false)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.opaque16(configuration)
        writer.opaque16(collectorHpkeConfig)
    }
}
