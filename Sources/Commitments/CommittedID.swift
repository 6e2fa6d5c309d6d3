/// The algorithm ids of committed types: 0xFFFFC000 + n, with n the id of V for 1 to 7, and from 0x100 on for a V whose
/// own id is private (the table is in `Protocols/committed-vdaf.md`).
package enum CommittedID {
    private static let offset: UInt32 = 0xFFFF_C000
    private static let standardNumbers: ClosedRange<UInt32> = 1...7

    /// n by the private id of V.
    private static let privateNumbers: [UInt32: UInt32] = [
        // Prio3SumVecField64MultiproofHmacSha256Aes128
        0xFFFF_1003: 0x100,
        // BoundedL2
        0xFFFF_2001: 0x101,
    ]

    /// The id of `Committed<V>` by the id of V; nil for a V that has no committed form.
    package static func id(of base: UInt32) -> UInt32? {
        let number = standardNumbers.contains(base) ? base : privateNumbers[base]
        return number.map { offset + $0 }
    }

    /// The id of V by that of `Committed<V>`; nil for any other id.
    package static func base(of id: UInt32) -> UInt32? {
        let number = id &- offset
        if standardNumbers.contains(number) { return number }
        return privateNumbers.first { $0.value == number }?.key
    }
}
