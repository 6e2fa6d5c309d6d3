/// The algorithm ids of committed types: 0xFFFFC000 + n, with n the number of V (`OneRoundVDAF.committedNumber`; the table is
/// in `Protocols/committed-vdaf.md`).
package enum CommittedID {
    private static let offset: UInt32 = 0xFFFF_C000

    /// The id of `Committed<V>` by the number of V.
    package static func id(ofNumber number: UInt32) -> UInt32 { offset + number }

    /// The number of V by the id of `Committed<V>`, whether there is such a type or not; nil for the id of a type that is
    /// not committed.
    package static func number(of id: UInt32) -> UInt32? { id > offset && id - offset <= 0xFFF ? id - offset : nil }
}
