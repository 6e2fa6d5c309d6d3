/// An integer modulo ℓ = 2^252 + 27742317777372353535851937790883648493, the order of ristretto255 (RFC 9496 §4.4).
///
/// Held as its canonical representative in four words, least significant first. Everything runs in constant time.
public struct Scalar: Sendable, BitwiseCopyable {
    var w0: UInt64
    var w1: UInt64
    var w2: UInt64
    var w3: UInt64

    @inline(__always)
    init(words w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// The integer 0.
    public static let zero = Scalar(words: 0, 0, 0, 0)
    /// The integer 1.
    public static let one = Scalar(words: 1, 0, 0, 0)

    /// An integer of 64 bits, which is below ℓ.
    public init(_ value: UInt64) {
        self.init(words: value, 0, 0, 0)
    }

    /// An integer of 128 bits, which is below ℓ.
    public init(_ value: UInt128) {
        self.init(words: UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64), 0, 0)
    }

    /// A signed integer modulo ℓ.
    public init(signed value: Int64) {
        let magnitude = Scalar(value.magnitude)
        let negative = -magnitude
        let mask = UInt64(bitPattern: value &>> 63)
        self.init(
            words: magnitude.w0 ^ (mask & (magnitude.w0 ^ negative.w0)), mask & negative.w1, mask & negative.w2,
            mask & negative.w3)
    }

    /// Whether this is zero.
    public var isZero: Bool { self == .zero }

    // MARK: Arithmetic

    /// The sum mod ℓ.
    public static func + (a: Scalar, b: Scalar) -> Scalar {
        // Both are below ℓ < 2^253, so the sum fits four words.
        let (sum, _) = Words256.adding(a.asWords, b.asWords)
        return Scalar(Words256.subtractingOrderOnce(sum))
    }

    /// The difference mod ℓ.
    public static func - (a: Scalar, b: Scalar) -> Scalar {
        let (difference, borrow) = Words256.subtracting(a.asWords, b.asWords)
        let mask = 0 &- borrow
        let order = Words256.order
        let correction = (order.0 & mask, order.1 & mask, order.2 & mask, order.3 & mask)
        return Scalar(Words256.adding(difference, correction).sum)
    }

    /// ℓ - a, or 0.
    public static prefix func - (a: Scalar) -> Scalar {
        .zero - a
    }

    /// The product mod ℓ.
    public static func * (a: Scalar, b: Scalar) -> Scalar {
        Scalar(Words256.product(a.asWords, b.asWords))
    }

    /// Adds `b` mod ℓ.
    public static func += (a: inout Scalar, b: Scalar) { a = a + b }
    /// Subtracts `b` mod ℓ.
    public static func -= (a: inout Scalar, b: Scalar) { a = a - b }
    /// Multiplies by `b` mod ℓ.
    public static func *= (a: inout Scalar, b: Scalar) { a = a * b }

    /// The multiplicative inverse, a^(ℓ - 2); zero for zero.
    public func inverted() -> Scalar {
        // Powers are kept multiplied by R, where one Montgomery product is a multiplication.
        let base = Words256.montgomeryProduct(asWords, Words256.radixSquared)
        var powers = [Words256.radix, base]
        while powers.count < 16 {
            powers.append(Words256.montgomeryProduct(powers[powers.count - 1], base))
        }
        let exponent = [Words256.order.0 - 2, Words256.order.1, Words256.order.2, Words256.order.3]
        var result = Words256.radix
        for nibble in stride(from: 63, through: 0, by: -1) {
            for _ in 0..<4 {
                result = Words256.montgomeryProduct(result, result)
            }
            // The exponent is public, so choosing by it reveals nothing.
            let digit = Int((exponent[nibble >> 4] >> UInt64(4 * (nibble & 15))) & 15)
            if digit != 0 {
                result = Words256.montgomeryProduct(result, powers[digit])
            }
        }
        return Scalar(Words256.montgomeryProduct(result, (1, 0, 0, 0)))
    }

    @inline(__always)
    package var asWords: (UInt64, UInt64, UInt64, UInt64) { (w0, w1, w2, w3) }

    @inline(__always)
    init(_ words: Words256.Value) {
        self.init(words: words.0, words.1, words.2, words.3)
    }
}

/// `Scalar(8)` and plain literals.
extension Scalar: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) {
        self.init(value)
    }
}

extension Scalar: Equatable {
    public static func == (a: Scalar, b: Scalar) -> Bool {
        ((a.w0 ^ b.w0) | (a.w1 ^ b.w1) | (a.w2 ^ b.w2) | (a.w3 ^ b.w3)) == 0
    }
}

/// Scalars are secrets more often than not: neither printing nor dumping one shows its value.
extension Scalar: CustomStringConvertible, CustomReflectable {
    public var description: String { "Scalar(hidden)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
