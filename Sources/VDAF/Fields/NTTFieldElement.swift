/// A field with a multiplicative subgroup of large power-of-two order, as the proof system of Prio3 needs it
/// (VDAF-20 section 6.1.2).
///
/// Gadget polynomials are handled through their values at the powers of a root of unity, so the field must contain
/// roots of every order 2^k up to the size of a proof.
public protocol NTTFieldElement: FieldElement {
    /// A running sum of products that is reduced only once, at the end.
    associatedtype ProductSum: ProductAccumulator where ProductSum.Field == Self
    /// A sum of elements times powers of two, likewise.
    associatedtype BinarySum: BinaryAccumulator where BinarySum.Field == Self
    /// An element in the form in which multiplication by it is cheapest.
    associatedtype Factor: MultiplicationFactor where Factor.Field == Self

    /// The product, at the price of one multiplication, which `*` of two elements may exceed.
    static func * (a: Self, b: Factor) -> Self

    /// k, where 2^k is the order of the largest power-of-two subgroup that the field offers.
    static var rootOrderLog2: Int { get }
    /// A generator of that subgroup.
    static var rootGenerator: Self { get }
}

/// An element that others are multiplied by, often: a twiddle factor, a Lagrange weight, a power of the randomness.
///
/// For fields whose multiplication needs one operand prepared, it is the prepared form; else the element itself.
public protocol MultiplicationFactor: Sendable {
    /// The field of the element.
    associatedtype Field: NTTFieldElement
    /// Prepares an element.
    init(_ element: Field)
    /// The element that was prepared.
    var element: Field { get }
    /// The prepared form of 1.
    static var one: Self { get }
    /// The product of two prepared elements, prepared.
    static func * (a: Self, b: Self) -> Self
    /// Their sum, prepared.
    static func + (a: Self, b: Self) -> Self
    /// Their difference, prepared.
    static func - (a: Self, b: Self) -> Self
}

/// A sum of products a·b, kept as a wide integer.
///
/// One modular reduction per sum instead of one per product makes inner products about twice as fast. At most 2^32
/// products may be added. One sum takes either products of two elements, and ends with ``reduced()``, or products of
/// an element and a factor, and ends with ``weighted()``.
public protocol ProductAccumulator: Sendable {
    /// The field that is summed in.
    associatedtype Field: NTTFieldElement
    /// The empty sum.
    init()
    /// Adds a·b, for a sum that ends with ``reduced()``.
    mutating func add(_ a: Field, times b: Field)
    /// Adds a·b, for a sum that ends with ``weighted()``.
    mutating func add(_ a: Field, times b: Field.Factor)
    /// The sum of products of elements.
    func reduced() -> Field
    /// The sum of products of an element and a factor.
    func weighted() -> Field
}

/// A number in the making, binary digit by binary digit from the top, where digits are field elements. At most 64
/// digits may be added.
public protocol BinaryAccumulator: Sendable {
    /// The field of the digits.
    associatedtype Field: NTTFieldElement
    /// Zero.
    init()
    /// Twice the sum, plus `digit`.
    mutating func double(adding digit: Field)
    /// The number as a field element.
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
