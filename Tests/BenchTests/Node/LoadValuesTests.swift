import Bench
import DAP
import TaskTypes
import Testing
import VDAF

@Suite struct LoadValuesTests {
    /// What one input adds to every sum, by the type's definition.
    private func coordinates(_ value: MeasurementValue, _ configuration: VDAFConfiguration) throws -> [Int128] {
        switch value {
        case .bucket(let bucket): return (0..<100).map { $0 == bucket ? 1 : 0 }
        case .vector(let values): return values.map { Int128($0) }
        case .real(let values):
            let encoding = try #require(configuration.fixedPointEncoding)
            return try encoding.encode(values).map { Int128($0) }
        default: throw BenchError.checkFailed("an input of another type")
        }
    }

    private func numbers(_ value: AggregateValue) -> [Int128] {
        switch value {
        case .vector(let values): values.map { Int128($0) }
        case .signedVector(let values): values
        case .integer(let value): [Int128(value)]
        }
    }

    @Test(arguments: LoadKind.allCases) func theTotalIsTheSumOfAllInputsOfAllThreads(_ kind: LoadKind) throws {
        let configuration = try kind.configuration
        var all = try LoadValues(kind, seed: 1)
        var expected = numbers(all.total)
        #expect(expected.allSatisfy { $0 == 0 })
        for seed: UInt64 in 2...3 {
            var values = try LoadValues(kind, seed: seed)
            for _ in 0..<5 {
                let input = try coordinates(values.next(), configuration)
                try #require(input.count == expected.count)
                for (index, value) in input.enumerated() { expected[index] += value }
            }
            all.add(values)
        }
        #expect(numbers(all.total) == expected)
        #expect(expected.contains { $0 != 0 })
    }

    @Test func aSeedRepeatsInputsAndAnotherOneDoesNot() throws {
        var (one, same, other) = try (
            LoadValues(.sumvec, seed: 7), LoadValues(.sumvec, seed: 7), LoadValues(.sumvec, seed: 8)
        )
        let input = try one.next()
        #expect(try same.next() == input)
        #expect(try other.next() != input)
    }

    @Test(arguments: LoadKind.allCases) func inputsAreOnesThatTheTypeTakes(_ kind: LoadKind) throws {
        var values = try LoadValues(kind, seed: 5)
        let vdaf = try makeTaskVDAF(kind.configuration)
        let task = TaskID(unchecked: [UInt8](repeating: 3, count: 32))
        for _ in 0..<3 {
            _ = try vdaf.shard(taskID: task, measurement: try values.next(), reportID: .random())
        }
    }
}
