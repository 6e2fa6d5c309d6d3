import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// Aggregate shares that a dishonest aggregator might publish, and results that must be void.
@Suite struct PublicCheckTests {
    private func batch(_ count: Int, _ random: inout SeededGenerator) throws -> Batch<Prio3SumVec> {
        var batch = Batch(try Committed(Prio3SumVec(length: 3, maxMeasurement: 15, chunkLength: 2)))
        for _ in 0..<count {
            try batch.add((0..<3).map { _ in UInt64.random(in: 0...15, using: &random) }, random: &random)
        }
        return batch
    }

    @Test(arguments: [0, 1])
    func aSumThatIsOffByOneNamesItsAggregator(id: Int) throws {
        var random = SeededGenerator()
        let batch = try batch(5, &random)
        let honest = try batch.aggregateShare(id)
        for coordinate in 0..<3 {
            let lie = try honest.changed(batch.vdaf, coordinate: coordinate) { $0.adding(UInt256(low: 1))! }
            #expect(throws: PublicCheckFailure.commitmentMismatch(aggregatorID: id)) {
                try batch.vdaf.checkPublic(aggregatorID: id, commitments: batch.compressed(id), share: lie)
            }
        }
        #expect(throws: Never.self) {
            try batch.vdaf.checkPublic(aggregatorID: id, commitments: batch.compressed(id), share: honest)
        }
    }

    /// Adding p to a sum leaves the result unchanged modulo p; the public check still refuses it.
    @Test func sumsShiftedByTheModulusAreRefused() throws {
        var random = SeededGenerator()
        let batch = try batch(2, &random)
        let honest = try batch.aggregateShare(0)
        for multiple in 1...3 as ClosedRange<UInt64> {
            let lie = try honest.changed(batch.vdaf, coordinate: 1) {
                $0.adding(UInt256(product: multiple, Field128.modulus))!
            }
            #expect(throws: PublicCheckFailure.self) {
                try batch.vdaf.checkPublic(aggregatorID: 0, commitments: batch.compressed(0), share: lie)
            }
        }
        // Beyond m·(p - 1) the range alone is enough.
        let far = try honest.changed(batch.vdaf, coordinate: 1) {
            $0.adding(UInt256(product: 3, Field128.modulus))!
        }
        #expect(throws: PublicCheckFailure.sumOutOfRange(aggregatorID: 0, coordinate: 1)) {
            try batch.vdaf.checkPublic(aggregatorID: 0, commitments: batch.compressed(0), share: far)
        }
    }

    @Test func droppedAddedAndReplacedCommitmentsAreNoticed() throws {
        var random = SeededGenerator()
        let batch = try batch(4, &random)
        let share = try batch.aggregateShare(1)
        let commitments = batch.compressed(1)
        let wrongLists = [
            Array(commitments.dropLast()), commitments + [commitments[0]], batch.compressed(0),
            commitments.dropLast() + [commitments[0]],
        ]
        for wrong in wrongLists {
            #expect(throws: PublicCheckFailure.self) {
                try batch.vdaf.checkPublic(aggregatorID: 1, commitments: wrong, share: share)
            }
        }
        #expect(throws: Never.self) {
            try batch.vdaf.checkPublic(aggregatorID: 1, commitments: commitments.reversed(), share: share)
        }
    }

    @Test func aWrongBlindIsNoticed() throws {
        var random = SeededGenerator()
        let batch = try batch(3, &random)
        var bytes = batch.vdaf.encode(aggregateShare: try batch.aggregateShare(0))
        bytes[bytes.count - 32] ^= 1
        let lie = try batch.vdaf.decodeAggregateShare(bytes)
        #expect(throws: PublicCheckFailure.commitmentMismatch(aggregatorID: 0)) {
            try batch.vdaf.checkPublic(aggregatorID: 0, commitments: batch.compressed(0), share: lie)
        }
    }

    @Test func logEntriesThatAreNoCommitmentsNameNobody() throws {
        var random = SeededGenerator()
        let batch = try batch(2, &random)
        let share = try batch.aggregateShare(0)
        for bytes in [[UInt8](repeating: 0xff, count: 32), [UInt8](repeating: 0, count: 32)] {
            let list = [batch.compressed(0)[0], try CompressedPoint(bytes)]
            #expect(throws: PublicCheckFailure.invalidCommitment(position: 1)) {
                try batch.vdaf.checkPublic(aggregatorID: 0, commitments: list, share: share)
            }
        }
    }

    @Test(arguments: [0, 255, 256, 511, 599]) func theFirstBadLogEntryAmongManyIsNamed(position: Int) throws {
        var random = SeededGenerator()
        let batch = try batch(1, &random)
        var list = [CompressedPoint](repeating: batch.compressed(0)[0], count: 600)
        for bad in [position, 599] {
            list[bad] = try CompressedPoint([UInt8](repeating: 0xff, count: 32))
        }
        let share = try batch.aggregateShare(0)
        #expect(throws: PublicCheckFailure.invalidCommitment(position: UInt64(position))) {
            try batch.vdaf.checkPublic(aggregatorID: 0, commitments: list, share: share)
        }
    }

    @Test func sharesOfAnotherShapeAreRefused() throws {
        var random = SeededGenerator()
        let batch = try batch(2, &random)
        let other = try Committed(Prio3SumVec(length: 4, maxMeasurement: 15, chunkLength: 2)).aggregateInit(())
        #expect(throws: PublicCheckFailure.wrongShape(aggregatorID: 0)) {
            try batch.vdaf.checkPublic(aggregatorID: 0, commitments: batch.compressed(0), share: other)
        }
        #expect(throws: VDAFError.self) { try batch.vdaf.merge([other]) }
        #expect(throws: VDAFError.self) {
            try batch.vdaf.unshard(
                aggregationParameter: (), aggregateShares: [other, try batch.aggregateShare(1)], measurementCount: 2)
        }
    }

    @Test func aggregatesOutOfRangeAreVoid() throws {
        var random = SeededGenerator()
        let batch = try batch(3, &random)
        let shares = [try batch.aggregateShare(0), try batch.aggregateShare(1)]
        func result(_ first: CommittedAggregateShare, count: Int) throws -> [UInt128] {
            try batch.vdaf.unshard(
                aggregationParameter: (), aggregateShares: [first, shares[1]], measurementCount: count)
        }
        _ = try result(shares[0], count: 3)
        let changes: [(UInt256) -> UInt256] = [
            { $0.adding(UInt256(low: 46))! },
            { $0.subtracting(UInt256(low: 46))! },
            { $0.subtracting(UInt256(low: Field128.modulus)) ?? UInt256(low: 0) },
            { $0.adding(UInt256(low: Field128.modulus))! },
            { _ in UInt256(low: 0) },
            { _ in UInt256(low: .max, high: UInt128(UInt64.max)) },
        ]
        for change in changes {
            #expect(throws: VDAFError.self) {
                try result(try shares[0].changed(batch.vdaf, coordinate: 2, by: change), count: 3)
            }
        }
        for count in [2, 4, 0, -1, Int.max] {
            #expect(throws: VDAFError.self) { try result(shares[0], count: count) }
        }
        #expect(throws: VDAFError.self) {
            try batch.vdaf.unshard(aggregationParameter: (), aggregateShares: [shares[0]], measurementCount: 3)
        }
    }

    @Test func mergingSharesThatOverflowIsAnError() throws {
        let vdaf = try Committed(Prio3Count())
        let largest = try vdaf.decodeAggregateShare(
            [UInt8](repeating: 0xff, count: 16) + [UInt8](repeating: 0, count: 32))
        #expect(throws: VDAFError.self) { try vdaf.merge([largest, largest]) }
    }
}
