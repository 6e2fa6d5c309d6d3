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
        #expect(throws: VDAFError.self) { try Committed(Prio3Count(), number: 0) }
        #expect(throws: VDAFError.self) { try Committed(Prio3Count(), number: 0x4000) }
        #expect(try Committed(Prio3Count(), number: 0x100).algorithmID == 0xffff_c100)
    }
}
