/// HPKE's `info` strings, which keep a ciphertext for one receiver and purpose from opening for another
/// (DAP-18 sections 4.4.2.1 and 4.6.7).
public enum HpkeInfo {
    /// For an input share from a client to `receiver`, an aggregator.
    public static func inputShare(to receiver: Role) -> [UInt8] {
        Array("dap-18 input share".utf8) + [Role.client.rawValue, receiver.rawValue]
    }

    /// For an aggregate share from `sender`, an aggregator, to the collector.
    public static func aggregateShare(from sender: Role) -> [UInt8] {
        Array("dap-18 aggregate share".utf8) + [sender.rawValue, Role.collector.rawValue]
    }
}
