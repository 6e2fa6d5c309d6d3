/// An element of a prime field of at most 128 bits: all fields but the one of Poplar1's leaves.
public protocol FieldElement: PrimeFieldElement {
    /// p, a prime.
    static var modulus: UInt128 { get }

    /// `value` mod p.
    init(reducing value: UInt128)
    /// The representative in [0, p).
    var canonicalValue: UInt128 { get }
    /// The multiplicative inverse; zero for zero.
    func inverted() -> Self

    /// The representatives in [0, p).
    static func canonicalValues(_ elements: [Self]) -> [UInt128]
}

extension FieldElement {
    @specialized(where Self == Field64)
    @specialized(where Self == Field128)
    public static func canonicalValues(_ elements: [Self]) -> [UInt128] {
        elements.map(\.canonicalValue)
    }

    /// `self` to the power `exponent`. The time depends on the exponent, which must be public, and not on the base.
    func raised(to exponent: UInt128) -> Self {
        var result = Self.one
        var square = self
        var rest = exponent
        while rest != 0 {
            if rest & 1 == 1 {
                result *= square
            }
            square *= square
            rest >>= 1
        }
        return result
    }
}
