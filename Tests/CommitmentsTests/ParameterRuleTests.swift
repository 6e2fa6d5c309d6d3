import Commitments
import Testing
import VDAF

/// The σ rule and the capacity rule, at their edges.
@Suite struct ParameterRuleTests {
    @Test func committedSumsStopAtTwentyFourBits() throws {
        _ = try Committed(Prio3Sum(maxMeasurement: (1 << 24) - 1))
        let error = #expect(throws: VDAFError.self) { try Committed(Prio3Sum(maxMeasurement: 1 << 24)) }
        guard case .invalidParameter(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("σ") && text.contains("16777216") && text.contains("40"))
        // The way out that the design names: a SumVec of length 1, over Field128.
        _ = try Committed(Prio3SumVec(length: 1, maxMeasurement: 1 << 24, chunkLength: 5))
    }

    @Test func sigmaHasTheExpectedValues() throws {
        // Field64, one bit: log2(p - 3) is 64 within 2^-31.
        #expect(abs(SigmaRule.sigma(modulus: Field64.modulus, bound: 1, distance: 1) - 64) < 1e-6)
        // Field128, 650 coordinates of 16 bits: 128 - 16 - log2(650).
        let sigma = SigmaRule.sigma(modulus: Field128.modulus, bound: 65_535, distance: 650 * 65_535)
        #expect(abs(sigma - (128 - 16 - 9.344_296)) < 1e-3)
        #expect(SigmaRule.sigma(modulus: 101, bound: 50, distance: 1) == -.infinity)
        #expect(throws: SigmaTooSmall.self) {
            try SigmaRule.check(modulus: Field128.modulus, bound: UInt128.max, distance: 1)
        }
        #expect(throws: SigmaTooSmall.self) {
            try SigmaRule.check(modulus: Field128.modulus, bound: 1, distance: UInt128.max)
        }
    }

    @Test func capacityIsCheckedExactlyAndShowsItsArithmetic() throws {
        let bound: UInt128 = 65_535
        let largest = UInt64((Field64.modulus - 1) / bound)
        try Capacity.check(maxBatchSize: largest, bound: bound, field: Field64.self)
        let error = #expect(throws: CapacityExceeded.self) {
            try Capacity.check(maxBatchSize: largest + 1, bound: bound, field: Field64.self)
        }
        let text = error?.description ?? ""
        #expect(text.contains("max batch size \(largest + 1) × bound 65535 = \(UInt128(largest + 1) * bound)"))
        #expect(text.contains("exceeds field modulus 18446744069414584321"))
        #expect(text.contains("at most \(largest) reports"))

        try Capacity.check(maxBatchSize: 1_000_000, bound: bound, field: Field128.self)
        let overflow = #expect(throws: CapacityExceeded.self) {
            try Capacity.check(maxBatchSize: .max, bound: .max, field: Field128.self)
        }
        #expect(overflow?.description.contains("more than 2^128") == true)
        try Capacity.check(maxBatchSize: .max, bound: 0, field: Field64.self)
    }

    @Test func wrappedTypesMustFit() throws {
        #expect(throws: VDAFError.self) { try Committed(Prio3Count(shares: 3)) }
        // The id of the standard's test vectors is nobody's own, so it has no committed form.
        #expect(throws: VDAFError.self) {
            try Committed(Prio3SumVecField64Multiproof(length: 1, maxMeasurement: 1, chunkLength: 1))
        }
    }

    @Test func committedIDsAreThoseOfTheTable() throws {
        for number: UInt32 in [1, 7, 0x100, 0xfff] {
            #expect(CommittedID.id(ofNumber: number) == 0xffff_c000 + number)
            #expect(CommittedID.number(of: 0xffff_c000 + number) == number)
        }
        for id: UInt32 in [0, 1, 0xffff_bfff, 0xffff_c000, 0xffff_d000, .max] {
            #expect(CommittedID.number(of: id) == nil)
        }
        #expect(try Committed(Prio3Count()).algorithmID == 0xffff_c001)
        #expect(try Committed(Prio3L1BoundSum(length: 1, maxValue: 1, chunkLength: 1)).algorithmID == 0xffff_c007)
        let vdaf = try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 1, maxMeasurement: 1, chunkLength: 1)
        #expect(try Committed(vdaf).algorithmID == 0xffff_c100)
        let bounded = try BoundedL2Vector(normBound: 1, fractionalBits: 8, dimension: 3)
        #expect(try Committed(bounded).algorithmID == 0xffff_c101)
    }

    /// d·M of a vector over the small field stops at 24 bits, as a sum does.
    @Test func committedVectorsOverField64StopAtTwentyFourBits() throws {
        func commit(maxMeasurement: UInt64) throws {
            _ = try Committed(
                Prio3SumVecField64MultiproofHmacSha256Aes128(
                    length: 1 << 8, maxMeasurement: maxMeasurement, chunkLength: 64))
        }
        try commit(maxMeasurement: (1 << 16) - 1)
        let error = #expect(throws: VDAFError.self) { try commit(maxMeasurement: 1 << 16) }
        guard case .invalidParameter(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("σ") && text.contains("16777216"))
    }
}
