import Commitments
import Ristretto255
import Testing

@Suite struct GeneratorsTests {
    @Test func generatorsAreTheHashesOfTheirIndices() {
        let generators = Generators.shared
        let first = generators.prefix(300)
        for index in [0, 1, 255, 256, 299] {
            let message = (0..<8).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
            let expected = RistrettoPoint.hash(message, domainSeparationTag: Array("cairn generator G v1".utf8))
            #expect(first[index] == expected)
        }
        let expected = RistrettoPoint.hash(
            [UInt8](repeating: 0, count: 8), domainSeparationTag: Array("cairn generator H v1".utf8))
        #expect(generators.blinding == expected)
        #expect(Set(first.map { $0.encoded() } + [generators.blinding.encoded()]).count == 301)
    }

    @Test func concurrentUsersSeeTheSameTable() async {
        let generators = Generators.shared
        let prefixes = await withTaskGroup(of: (Int, [UInt8]).self) { group in
            for task in 0..<16 {
                group.addTask {
                    let count = 400 + 37 * task
                    return (count, RistrettoPoint.sum(generators.prefix(count)).encoded())
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let all = generators.prefix(1_000)
        for (count, sum) in prefixes {
            #expect(RistrettoPoint.sum(all[..<count]).encoded() == sum)
        }
    }
}
