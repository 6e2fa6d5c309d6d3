/// Real numbers as integers: X = x·2^f, rounded to the nearest integer, ties to even, as draft-chen-cfrg-vdaf-pine has
/// it.
///
/// The bound on the norm is enforced on the integers. Rounding moves each coordinate by up to 2^-(f+1) and the norm by
/// up to √d times that, so a vector whose norm is just within the bound may round to one beyond it, which is refused.
/// ``clip(_:)`` makes a vector that is not.
public struct FixedPointEncoding: Sendable, Hashable {
    /// f.
    public let fractionalBits: Int
    /// B, the largest norm of an integer vector.
    public let integerBound: UInt64

    /// B².
    var squaredBound: UInt64 { integerBound * integerBound }
    private var scale: Double { Double(sign: .plus, exponent: fractionalBits, significand: 1) }

    /// - Parameters:
    ///   - integerBound: B, 1 to 2^32 - 1.
    ///   - fractionalBits: f, 0 to 63.
    /// - Throws: `.invalidParameter`.
    public init(integerBound: UInt64, fractionalBits: Int) throws(VDAFError) {
        guard 0...63 ~= fractionalBits else {
            throw .invalidParameter("the number of fractional bits must be in 0...63, not \(fractionalBits)")
        }
        guard 1..<1 << 32 ~= integerBound else {
            throw .invalidParameter("the norm bound times 2^\(fractionalBits) must be in 1...2^32 - 1")
        }
        self.fractionalBits = fractionalBits
        self.integerBound = integerBound
    }

    /// B = ⌊normBound·2^f⌋.
    ///
    /// - Throws: `.invalidParameter`.
    public init(normBound: Double, fractionalBits: Int) throws(VDAFError) {
        guard normBound > 0, normBound.isFinite else {
            throw .invalidParameter("the norm bound must be a positive number, not \(normBound)")
        }
        guard 0...63 ~= fractionalBits else {
            throw .invalidParameter("the number of fractional bits must be in 0...63, not \(fractionalBits)")
        }
        let scaled = (normBound * Double(sign: .plus, exponent: fractionalBits, significand: 1)).rounded(.down)
        try self.init(integerBound: UInt64(min(scaled, 0x1p32)), fractionalBits: fractionalBits)
    }

    /// The largest norm that is accepted, B·2^-f.
    public var normBound: Double { Double(integerBound) / scale }

    /// The integers of a vector, in time independent of its values.
    ///
    /// - Throws: `.invalidMeasurement` for a coordinate that is not a number, or infinite, and where Σ X_k² > B².
    public func encode(_ vector: [Double]) throws(VDAFError) -> [Int64] {
        let (integers, isFinite) = round(vector)
        guard isFinite else {
            throw .invalidMeasurement("a coordinate is not a number, or infinite")
        }
        guard let squaredNorm = squaredNorm(integers), squaredNorm <= squaredBound else {
            throw .invalidMeasurement("the rounded vector's norm is above the bound")
        }
        return integers
    }

    /// The vector itself if its rounded norm is within the bound, else the vector scaled down so that it is.
    ///
    /// Scaling to norm b leaves a rounded norm of at most b + √d/2 in units of 2^-f, so b = B - √d/2 is always short
    /// enough; first B itself is tried, which usually is.
    ///
    /// - Warning: The time shows whether the vector was short enough, as that of the training before it shows more.
    /// - Throws: `.invalidMeasurement` for a coordinate that is not a number, or infinite.
    public func clip(_ vector: [Double]) throws(VDAFError) -> [Double] {
        guard vector.allSatisfy(\.isFinite) else {
            throw .invalidMeasurement("a coordinate is not a number, or infinite")
        }
        if fits(vector) { return vector }
        // Scaled by the largest coordinate first, squares neither overflow nor vanish.
        let largest = vector.reduce(0) { max($0, $1.magnitude) }
        let unit = vector.map { $0 / largest }
        let norm = unit.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let halfDiagonal = Double(vector.count).squareRoot() / 2
        let bound = Double(integerBound)
        for target in [bound, bound - halfDiagonal, bound - halfDiagonal - 1] where target > 0 {
            let clipped = unit.map { $0 / norm * (target / scale) }
            if fits(clipped) { return clipped }
        }
        // More coordinates than B²: what is left of most of them is less than half a unit.
        return [Double](repeating: 0, count: vector.count)
    }

    /// The norm of the vector that would be sent, for messages.
    package func roundedNorm(of vector: [Double]) -> Double {
        let scale = scale
        let rounded = vector.map { value in
            let scaled = value * scale
            return scaled.isFinite ? scaled.rounded(.toNearestOrEven) / scale : value
        }
        return Self.norm(of: rounded)
    }

    /// Divided by the largest coordinate first, squares do not overflow.
    package static func norm(of vector: [Double]) -> Double {
        let largest = vector.reduce(0) { max($0, $1.magnitude) }
        guard largest > 0 else { return 0 }
        return largest * vector.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
    }

    private func fits(_ vector: [Double]) -> Bool {
        squaredNorm(round(vector).integers).map { $0 <= squaredBound } ?? false
    }

    /// Every coordinate rounded. Those beyond ±2^33, which no valid vector has, come out as 2^33, and those that are
    /// not finite as well.
    private func round(_ vector: [Double]) -> (integers: [Int64], isFinite: Bool) {
        let scale = scale
        // Adding 1.5·2^52 leaves no room for a fraction in a double: the processor rounds to the nearest integer, ties
        // to even, and the integer is in the low bits.
        let shift = 0x1.8p52
        var notFinite: UInt64 = 0
        let integers = [Int64](unsafeUninitializedCapacity: vector.count) { target, written in
            vector.withUnsafeBufferPointer { vector in
                for index in 0..<vector.count {
                    // A subnormal number rounds to zero, and would take a processor longer than others.
                    let bits = vector[index].bitPattern
                    let isNormal = UInt64(mask: bits & Double.infinity.bitPattern != 0)
                    let scaled = Double(bitPattern: bits & isNormal) * scale
                    let isSmall = UInt64(mask: scaled.magnitude < 0x1p33)
                    notFinite |= ~UInt64(mask: vector[index].magnitude < .infinity)
                    let rounded = (scaled + shift).bitPattern &- shift.bitPattern
                    target[index] = Int64(bitPattern: rounded & isSmall | 1 << 33 & ~isSmall)
                }
            }
            written = vector.count
        }
        return (integers, notFinite == 0)
    }

    /// Σ X_k², or nil if it is 2^64 or more.
    private func squaredNorm(_ integers: [Int64]) -> UInt64? {
        var sum: UInt64 = 0
        var tooLarge: UInt64 = 0
        integers.withUnsafeBufferPointer { integers in
            for index in 0..<integers.count {
                // No absolute value is taken: that could branch on a sign.
                let integer = integers[index]
                let (partial, carry) = sum.addingReportingOverflow(UInt64(bitPattern: integer &* integer))
                let most = Int64(UInt32.max)
                let isLarge = UInt64(bitPattern: (most &+ integer) | (most &- integer)) >> 33
                tooLarge |= isLarge | UInt64(bit: carry)
                sum = partial
            }
        }
        return tooLarge == 0 ? sum : nil
    }
}

/// The sum of many bounded-norm vectors.
public struct BoundedL2Sum: Sendable, Equatable {
    /// The exact sums of the integers that the vectors were rounded to.
    public let integers: [Int128]
    /// f.
    public let fractionalBits: Int

    package init(integers: [Int128], fractionalBits: Int) {
        self.integers = integers
        self.fractionalBits = fractionalBits
    }

    /// The sums as real numbers: integers·2^-f.
    public var values: [Double] {
        let unit = Double(sign: .plus, exponent: -fractionalBits, significand: 1)
        return integers.map { Double($0) * unit }
    }
}
