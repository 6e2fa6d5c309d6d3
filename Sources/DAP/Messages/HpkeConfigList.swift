/// An aggregator's HPKE configurations, the preferred one first (DAP-18 section 4.4.1).
///
/// ```
/// HpkeConfig HpkeConfigList<10..2^16-1>;
/// ```
public struct HpkeConfigList: Hashable, WireMessage {
    /// The configurations, the preferred one first.
    public let configs: [HpkeConfig]

    /// A list of these configurations.
    public init(configs: [HpkeConfig]) { self.configs = configs }

    /// What a client uses: the first configuration whose algorithms we have.
    public var firstSupported: HpkeConfig? { configs.first(where: \.isSupported) }

    public init(from reader: inout ByteReader) throws(CodecError) {
        var list = try reader.vector16("hpke_config_list")
        configs = try list.list(of: HpkeConfig.self)
        guard !configs.isEmpty else { throw .emptyField("hpke_config_list") }
        guard Set(configs.map(\.id)).count == configs.count else {
            throw .invalidValue(field: "hpke_config_list", reason: "two configurations have the same id")
        }
    }

    public func encode(into writer: inout ByteWriter) { writer.vector16(configs) }
}
