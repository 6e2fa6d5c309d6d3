import Bench
import Foundation
import Testing
import VDAF

@Suite struct BenchRowTests {
    /// A small case of every type.
    static let cases: [BenchCase] = {
        let cases = try? MeasuredType.all.map { type throws(BenchError) in
            switch type {
            case .count: try BenchCase(.count)
            case .sum, .average, .poplar1: try BenchCase(type, bits: 8)
            case .histogram, .multihot: try BenchCase(type, length: 20, chunkLength: 3)
            case .boundedl2: try BenchCase(type, length: 7)
            default: try BenchCase(type, length: 7, bits: 3, chunkLength: 4)
            }
        }
        return cases ?? []
    }()

    static func settings(reports: Int? = 9, threads: Int = 1, repeats: Int = 2) throws -> BenchSettings {
        let seed = testSeed()
        return try BenchSettings(reports: reports, threads: threads, repeats: repeats, seed: seed)
    }

    @Test func everyTypeIsMeasuredAndAddsUp() throws {
        #expect(Self.cases.count == MeasuredType.all.count)
        for benchCase in Self.cases {
            for threads in [1, 2] {
                let row = try BenchRow(benchCase, settings: Self.settings(threads: threads))
                #expect(row.reports == 9)
                for phase in [row.shard, row.leaderVerify, row.helperVerify, row.bothVerify, row.finish] {
                    let spread = phase.wall
                    #expect(spread.smallest > 0 && phase.processor.smallest > 0, "\(benchCase)")
                    #expect(spread.smallest <= spread.median && spread.median <= spread.largest, "\(benchCase)")
                }
                #expect(row.bothVerify.wall.smallest >= row.leaderVerify.wall.smallest)
                #expect(row.uploadBytes > 0)
                #expect(row.processorShare > 0, "\(benchCase)")
                #expect((row.leastWork == nil) == [.poplar1, .boundedl2].contains(benchCase.type))
            }
        }
    }

    /// What libprio-rs sends with the same parameters.
    @Test func uploadsHaveTheStandardsSizes() throws {
        let expected = [80, 1312, 18_224, 264_272, 2_586_576, 2480, 166_768, 268_624]
        for (benchCase, bytes) in zip(try BenchCase.standardLadder(), expected) {
            let row = try BenchRow(benchCase, settings: Self.settings(reports: 1, repeats: 1))
            #expect(row.uploadBytes == bytes, "\(benchCase)")
        }
    }

    @Test func sumsWrapAroundTheFieldAsTheStandardHasIt() throws {
        _ = try BenchRow(BenchCase(.sum, bits: 63), settings: Self.settings(reports: 40))
    }

    @Test func theNumberOfReportsIsChosenForAboutTwoSeconds() throws {
        let repeats = 3
        let row = try BenchRow(
            BenchCase(.histogram, length: 100), settings: Self.settings(reports: nil, repeats: repeats))
        #expect(row.reports % 4 == 0 && row.reports > 4)
        // What the processor had to do, in seconds: on a busy machine it takes longer, and fewer reports are chosen. An
        // estimate that is wrong by far more than that is a defect all the same.
        let microseconds = row.shard.processor.median + row.bothVerify.processor.median
        let seconds = microseconds * Double(row.reports * repeats) / 1e6
        #expect(seconds > 0.05 && seconds < 20, "\(seconds)")
    }

    @Test func aWrongAggregateIsAnError() throws {
        let seed = testSeed()
        func workload(claiming extra: UInt64) throws -> Workload {
            VDAFWorkload(try Prio3Sum(maxMeasurement: 255), name: "sum", leastWork: nil) { randomness in
                let value = UInt64.random(in: 0...200, using: &randomness)
                return (value, [value + extra])
            } result: { sums, _ in
                sums[0]
            }.erased
        }
        var randomness = SeededRandomness(seed: seed)
        _ = try workload(claiming: 0).runBatch(10, 4, 2, &randomness)
        #expect(throws: BenchError.wrongAggregate(type: "sum")) {
            try workload(claiming: 1).runBatch(10, 4, 2, &randomness)
        }
    }

    @Test func aReportThatIsRefusedIsAnError() throws {
        var randomness = SeededRandomness(seed: 1)
        let workload = VDAFWorkload(try Prio3Sum(maxMeasurement: 255), name: "sum", leastWork: nil) { _ in
            (256, [256])
        } result: { sums, _ in
            sums[0]
        }
        let error = #expect(throws: BenchError.self) { try workload.erased.runBatch(1, 1, 1, &randomness) }
        guard case .stepFailed("shard", .invalidMeasurement) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func seedsRepeatRandomness() {
        var (first, second, other) = (
            SeededRandomness(seed: 5), SeededRandomness(seed: 5), SeededRandomness(seed: 6)
        )
        let values = (0..<2000).map { _ in first.next() }
        #expect(values == (0..<2000).map { _ in second.next() })
        #expect(Set(values).count == 2000)
        #expect(other.next() != values[0])
    }

    @Test func mediansAreInTheMiddle() {
        let odd = Spread([3, 1, 2])
        #expect(odd.median == 2 && odd.smallest == 1 && odd.largest == 3)
        #expect(Spread([4, 1, 2, 100]).median == 3)
        #expect(Spread([5]).median == 5)
    }
}

/// A seed that is printed; `CAIRN_TEST_SEED` repeats a run.
private func testSeed(_ test: String = #function) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(test): CAIRN_TEST_SEED=\(seed)")
    return seed
}
