import CKeccak
import Hashing

/// `NumberTheoreticTransform.moveToCoset` for Field128, four polynomials at once where the processor has AVX2.
///
/// Proving spends most of its time there. The kernel keeps elements as five digits of 27 bits, four elements abreast,
/// which halves the time of a butterfly against 128-bit arithmetic in Swift; everything else still sees canonical
/// elements.
package struct CosetTransform128: Sendable {
    private let orderLog2: Int
    private let inverseTwiddles: [UInt64]
    private let factors: [UInt64]
    private let forwardTwiddles: [UInt64]

    /// - Returns: nil where the kernel is not available or the transform too long or short for it.
    package init?(orderLog2: Int, shift: Field128) {
        guard 1...10 ~= orderLog2, KeccakP1600x4.isAccelerated else { return nil }
        self.orderLog2 = orderLog2
        let count = 1 << orderLog2
        let root = Field128.rootOfUnity(orderLog2: orderLog2)
        inverseTwiddles = Self.twiddles(count: count, root: root.inverted())
        forwardTwiddles = Self.twiddles(count: count, root: root)
        var powers: [Field128] = [Field128(UInt64(count)).inverted()]
        while powers.count < count { powers.append(powers[powers.count - 1] * shift) }
        factors = powers.flatMap(Self.digits)
    }

    /// Entry m + j is the j-th power of a root of order 2m, for every m = 1, 2, 4, … below `count`.
    private static func twiddles(count: Int, root: Field128) -> [UInt64] {
        var powers: [Field128] = [.one]
        while powers.count < count { powers.append(powers[powers.count - 1] * root) }
        var table = digits(.one)
        var half = 1
        while half < count {
            for j in 0..<half { table += digits(powers[j * (count / (2 * half))]) }
            half *= 2
        }
        return table
    }

    /// The five 27-bit digits of x·2^135 mod p.
    private static func digits(_ x: Field128) -> [UInt64] {
        let value = (x * Field128(2).raised(to: 135)).canonicalValue
        return (0..<5).map { UInt64(truncatingIfNeeded: value >> (27 * UInt128($0))) & (1 << 27 - 1) }
    }

    /// Moves `arity` polynomials, the columns of a matrix with `arity` elements per row, from `source` to `target`.
    package func moveToCoset(
        _ source: UnsafePointer<Field128>, to target: UnsafeMutablePointer<Field128>, arity: Int
    ) {
        let count = 1 << orderLog2
        let words = 20 * count
        withUnsafeTemporaryAllocation(byteCount: (words + 8 * count) * 8, alignment: 32) { buffer in
            guard let scratch = buffer.bindMemory(to: UInt64.self).baseAddress else { return }
            for column in stride(from: 0, to: arity - 3, by: 4) {
                move(
                    UnsafeRawPointer(source + column), stride: arity, to: UnsafeMutableRawPointer(target + column),
                    scratch: scratch)
            }
            // The last columns, with others of zeros, in a matrix of their own.
            let rest = arity % 4
            guard rest > 0 else { return }
            let padded = UnsafeMutableRawPointer(scratch + words).bindMemory(to: Field128.self, capacity: 4 * count)
            padded.initialize(repeating: .zero, count: 4 * count)
            for row in 0..<count {
                for column in 0..<rest { padded[4 * row + column] = source[row * arity + arity - rest + column] }
            }
            move(UnsafeRawPointer(padded), stride: 4, to: UnsafeMutableRawPointer(padded), scratch: scratch)
            for row in 0..<count {
                for column in 0..<rest { target[row * arity + arity - rest + column] = padded[4 * row + column] }
            }
        }
    }

    private func move(
        _ source: UnsafeRawPointer, stride: Int, to target: UnsafeMutableRawPointer,
        scratch: UnsafeMutablePointer<UInt64>
    ) {
        inverseTwiddles.withUnsafeBufferPointer { inverse in
            factors.withUnsafeBufferPointer { factors in
                forwardTwiddles.withUnsafeBufferPointer { forward in
                    cairn_field128_move_to_coset_avx2(
                        source.assumingMemoryBound(to: UInt64.self), 2 * stride,
                        target.assumingMemoryBound(to: UInt64.self), 2 * stride, UInt32(orderLog2),
                        inverse.baseAddress, factors.baseAddress, forward.baseAddress, scratch)
                }
            }
        }
    }
}
