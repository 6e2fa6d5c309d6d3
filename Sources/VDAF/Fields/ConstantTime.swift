import CKeccak

/// Conditions on secrets, as numbers.
///
/// `flag ? 1 : 0` is a branch to the compiler until some later pass makes it none, which in loops often does not happen;
/// and a mask that stems from a comparison may become a branch again. What goes through here stays data. Whether it did
/// can be seen with valgrind: with the secrets marked as undefined memory, sharding and verification show no branch or
/// address that depends on them, except that rejection sampling drops integers from the modulus upwards.
extension UInt64 {
    /// 1 if `flag` is set, else 0.
    @inlinable @inline(__always)
    init(bit flag: Bool) {
        self = UInt64(unsafeBitCast(flag, to: UInt8.self))
    }

    /// All ones if `flag` is set, else 0.
    @inlinable @inline(__always)
    init(mask flag: Bool) {
        self = cairn_opaque(0 &- UInt64(bit: flag))
    }
}
