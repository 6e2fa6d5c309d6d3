/// A field with a multiplicative subgroup of large power-of-two order, as the proof system of Prio3 needs it
/// (VDAF-20 section 6.1.2).
///
/// Gadget polynomials are handled through their values at the powers of a root of unity, so the field must contain
/// roots of every order 2^k up to the size of a proof.
public protocol NTTFieldElement: FieldElement {
    /// A running sum of products that is reduced only once, at the end.
    associatedtype ProductSum: ProductAccumulator where ProductSum.Field == Self

    /// k, where 2^k is the order of the largest power-of-two subgroup that the field offers.
    static var rootOrderLog2: Int { get }
    /// A generator of that subgroup.
    static var rootGenerator: Self { get }
}

/// A sum of products a·b, kept as a wide integer.
///
/// One modular reduction per sum instead of one per product makes inner products about twice as fast. At most 2^32
/// products may be added.
public protocol ProductAccumulator: Sendable {
    associatedtype Field: NTTFieldElement
    /// The empty sum.
    init()
    mutating func add(_ a: Field, times b: Field)
    /// The sum as a field element.
    func reduced() -> Field
}

extension NTTFieldElement {
    /// A root of unity of order exactly 2^`orderLog2`, the one that the standard fixes.
    ///
    /// - Precondition: `orderLog2 <= rootOrderLog2`.
    static func rootOfUnity(orderLog2: Int) -> Self {
        var root = rootGenerator
        for _ in orderLog2..<rootOrderLog2 {
            root *= root
        }
        return root
    }
}
