import Ristretto255

/// How an argument halves a vector, round by round, until one element is left.
///
/// A vector of n elements is split into a lower part of h = ⌈n/2⌉ and an upper one of n - h. With a challenge c the next
/// vector is lower + c·upper, or lower + c⁻¹·upper for what it is multiplied by. Where n is odd, the last element of the
/// lower part has no partner and stays as it is: its partner is zero, or the identity. So a vector of any length is
/// folded at the price of its own elements, without padding.
///
/// `Protocols/range-and-linear-form.md` §2.
struct Halving {
    /// The lengths from the first vector to the single element.
    let lengths: [Int]

    /// - Precondition: the vector is not empty.
    init(_ length: Int) {
        precondition(length > 0, "there must be something to halve")
        var lengths = [length]
        while let last = lengths.last, last > 1 {
            lengths.append((last + 1) / 2)
        }
        self.lengths = lengths
    }

    var rounds: Int { lengths.count - 1 }

    /// What folding by `factors` leaves at every element of the first vector, times `start`: the product of the factors of
    /// those rounds in which the element lies in the upper part. The single element at the end is the inner product of
    /// these with the first vector.
    ///
    /// - Precondition: as many factors as rounds.
    func expand(_ factors: [Scalar], start: Scalar = .one) -> [Scalar] {
        precondition(factors.count == rounds, "there is one factor a round")
        var products = [start]
        products.reserveCapacity(lengths[0])
        for (round, factor) in factors.enumerated().reversed() {
            let upper = lengths[round] - lengths[round + 1]
            products += Scalar.products(factor, products[..<upper])
        }
        return products
    }

    /// The 2^rounds stretches of the first vector that `rounds` rounds lay on top of each other, the first being the
    /// longest. The bits of a stretch's number, the first round's highest, say in which rounds it lies in the upper part.
    func blocks(after rounds: Int) -> [Range<Int>] {
        var blocks = [0..<lengths[0]]
        for round in 0..<rounds {
            blocks = blocks.flatMap { block in
                let middle = min(block.lowerBound + lengths[round + 1], block.upperBound)
                return [block.lowerBound..<middle, middle..<block.upperBound]
            }
        }
        return blocks
    }

    /// The product of factors that each of those stretches has after as many rounds as there are factors.
    static func blockFactors(_ factors: [Scalar]) -> [Scalar] {
        factors.reduce([.one]) { products, factor in products.flatMap { [$0, $0 * factor] } }
    }
}
