import VDAF

/// The capacity rule: a batch of the largest allowed size must not be able to exceed what the field can hold.
///
/// The aggregate of m reports with coordinates in [0, M] lies in [0, m·M], and m·M must be below the field modulus p. Of
/// signed types it lies in [-m·M, m·M], and 2·m·M must be below p.
/// It is checked when a task is made and never found out as a wrong sum. (The unreduced sums S_j of a committed type
/// need no rule of their own: m < 2^64 and p < 2^128 keep them below 2^192, far below the group order.)
public enum Capacity {
    /// - Parameters:
    ///   - maxBatchSize: the most reports that a batch may have.
    ///   - bound: M, the largest value of a coordinate; for signed types 2·M, the difference between the largest and the
    ///     smallest.
    /// - Throws: `CapacityExceeded`, whose description shows the arithmetic.
    public static func check<Field: FieldElement>(
        maxBatchSize: UInt64, bound: UInt128, field: Field.Type
    ) throws(CapacityExceeded) {
        guard UInt256(product: maxBatchSize, bound) < UInt256(low: Field.modulus) else {
            throw CapacityExceeded(
                maxBatchSize: maxBatchSize, bound: bound, fieldModulus: Field.modulus, fieldName: "\(Field.self)")
        }
    }
}

extension Capacity {
    /// The rule for a type.
    public static func check<V: OneRoundVDAF>(maxBatchSize: UInt64, _ vdaf: V) throws(CapacityExceeded) {
        let (width, overflow) = vdaf.coordinateBound.multipliedReportingOverflow(by: vdaf.isSigned ? 2 : 1)
        try check(maxBatchSize: maxBatchSize, bound: overflow ? .max : width, field: V.Field.self)
    }
}

/// A batch of the largest allowed size could exceed the field.
public struct CapacityExceeded: Error, Equatable, Sendable, CustomStringConvertible {
    /// The most reports that a batch may have.
    public let maxBatchSize: UInt64
    /// The most that one report adds to a coordinate of the sum.
    public let bound: UInt128
    /// p, which no coordinate of a sum may reach.
    public let fieldModulus: UInt128
    /// The field's name, for messages.
    public let fieldName: String

    /// The largest batch that these bounds allow.
    public var largestBatchSize: UInt128 { bound == 0 ? UInt128.max : (fieldModulus - 1) / bound }

    public var description: String {
        let (product, overflow) = UInt128(maxBatchSize).multipliedReportingOverflow(by: bound)
        let amount = overflow ? "more than 2^128" : "\(product)"
        return """
            max batch size \(maxBatchSize) × bound \(bound) = \(amount) exceeds field modulus \(fieldModulus) \
            (\(fieldName)): a sum could wrap around; with this bound a batch may have at most \(largestBatchSize) \
            reports
            """
    }
}
