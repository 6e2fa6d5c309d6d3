import TestSupport
import Testing
import VDAF

/// The four-at-once transform against the one in Swift, from random values and from those that make sums largest.
@Suite struct CosetTransformTests {
    @Test(arguments: 1...10)
    func fourAtOnceAgreesWithSwift(orderLog2: Int) throws {
        var random = SeededGenerator()
        let shift: Field128 = random.element()
        // On a processor without the kernel there is nothing to compare.
        guard let fast = CosetTransform128(orderLog2: orderLog2, shift: shift) else { return }
        let count = 1 << orderLog2
        let transform = NumberTheoreticTransform<Field128>(countLog2: orderLog2)
        let kinds: [(inout SeededGenerator) -> Field128] = [
            { $0.element() }, { _ in -Field128.one }, { _ in .zero }, { _ in .one },
            { Bool.random(using: &$0) ? -Field128.one : .zero },
        ]
        for arity in 1...9 {
            for kind in kinds {
                let source = (0..<count * arity).map { _ in kind(&random) }
                var target = [Field128](repeating: .zero, count: source.count)
                source.withUnsafeBufferPointer { source in
                    target.withUnsafeMutableBufferPointer { target in
                        fast.moveToCoset(source.baseAddress!, to: target.baseAddress!, arity: arity)
                    }
                }
                for column in 0..<arity {
                    var coefficients = transform.inverse((0..<count).map { source[$0 * arity + column] })
                    var power = Field128.one
                    for index in 0..<count {
                        coefficients[index] = coefficients[index] * power
                        power = power * shift
                    }
                    let expected = transform.forward(coefficients)
                    #expect((0..<count).map { target[$0 * arity + column] } == expected, "column \(column) of \(arity)")
                }
            }
        }
    }
}
