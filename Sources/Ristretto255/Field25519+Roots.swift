/// Inverses, and the power behind square roots, by exponentiation to public fixed exponents (constant time).
extension Field25519 {
    /// self^(2^count).
    private func squared(times count: Int) -> Field25519 {
        var result = self
        for _ in 0..<count { result = result.squared }
        return result
    }

    /// (self^11, self^(2^250 - 1)): the common part of both exponentiations below.
    private var powerChain: (eleven: Field25519, ones250: Field25519) {
        let two = squared
        let nine = two.squared(times: 2) * self
        let eleven = nine * two
        let ones5 = eleven.squared * nine
        let ones10 = ones5.squared(times: 5) * ones5
        let ones20 = ones10.squared(times: 10) * ones10
        let ones40 = ones20.squared(times: 20) * ones20
        let ones50 = ones40.squared(times: 10) * ones10
        let ones100 = ones50.squared(times: 50) * ones50
        let ones200 = ones100.squared(times: 100) * ones100
        let ones250 = ones200.squared(times: 50) * ones50
        return (eleven, ones250)
    }

    /// self^(p - 2): the inverse, and zero for zero.
    var inverted: Field25519 {
        let (eleven, ones250) = powerChain
        return ones250.squared(times: 5) * eleven
    }

    /// self^((p - 5) / 8), with (p - 5) / 8 = 2^252 - 3.
    var powerForRoot: Field25519 {
        powerChain.ones250.squared(times: 2) * self
    }

    /// The inverses of many nonzero elements for one inversion and three multiplications each (Montgomery's trick).
    static func inverses(of elements: [Field25519]) -> [Field25519] {
        var prefixes: [Field25519] = []
        prefixes.reserveCapacity(elements.count)
        var product = Field25519.one
        for element in elements {
            prefixes.append(product)
            product = product * element
        }
        var suffixInverse = product.inverted
        for index in elements.indices.reversed() {
            prefixes[index] = prefixes[index] * suffixInverse
            suffixInverse = suffixInverse * elements[index]
        }
        return prefixes
    }
}
