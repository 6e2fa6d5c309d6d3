import Datastore
import Testing

@Suite struct ReportNumbersTests {
    @Test func holdsWhatWasInserted() {
        var generator = SystemRandomNumberGenerator()
        let edges: [Int64] = [0, 1, 63, 64, 65, -1, -64, .max, .min]
        let random = (0..<2_000).map { _ in Int64.random(in: 0...5_000, using: &generator) }
        var numbers = ReportNumbers()
        var reference: Set<Int64> = []
        for number in edges + random {
            #expect(numbers.insert(number) == reference.insert(number).inserted)
        }
        #expect(numbers.count == UInt64(reference.count))
        for number in (-70...5_010) + edges { #expect(numbers.contains(number) == reference.contains(number)) }
    }
}
