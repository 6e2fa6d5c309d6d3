/// Why bytes were refused as a part of a non-interactive argument.
public enum FiatShamirError: Error, Equatable, Sendable {
    /// Something of a fixed length has another.
    case wrongLength(expected: Int, actual: Int)
    /// The input ends in the middle of a message.
    case truncated(needed: Int, available: Int)
    /// Bytes follow the last message.
    case trailingBytes(Int)
    /// A number is not below its modulus.
    case nonCanonicalInteger
    /// A byte string of 2^32 bytes or more has no encoding.
    case stringTooLong(Int)
    /// A group element or scalar was refused.
    case group(GroupError)
}
