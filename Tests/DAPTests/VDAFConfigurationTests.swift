import Commitments
import TaskTypes
import Testing
import VDAF

@Suite struct VDAFConfigurationTests {
    @Test(arguments: Fixtures.all)
    func typesAndParametersRoundTrip(_ vdaf: VDAFConfiguration) throws {
        #expect(try VDAFConfiguration(type: vdaf.type, parameters: vdaf.parameters) == vdaf)
        #expect(throws: VDAFConfigurationError.malformed(.trailingBytes(1))) {
            try VDAFConfiguration(type: vdaf.type, parameters: vdaf.parameters + [0])
        }
        for length in 0..<vdaf.parameters.count {
            #expect(throws: VDAFConfigurationError.self) {
                try VDAFConfiguration(type: vdaf.type, parameters: Array(vdaf.parameters.prefix(length)))
            }
        }
    }

    @Test func layoutsAreTheStandards() {
        #expect(VDAFConfiguration.sum(maxMeasurement: 0x0102).parameters == [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(
            VDAFConfiguration.sumVec(length: 3, maxMeasurement: 255, chunkLength: 2).parameters
                == [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 2])
        #expect(VDAFConfiguration.histogram(length: 3, chunkLength: 2).parameters == [0, 0, 0, 3, 0, 0, 0, 2])
        #expect(
            VDAFConfiguration.multihotCountVec(length: 3, maxWeight: 1, chunkLength: 2).parameters
                == [0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(
            VDAFConfiguration.l1BoundSum(length: 3, maxValue: 255, chunkLength: 2).parameters
                == [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 2])
        #expect(
            VDAFConfiguration.sumVecField64(length: 3, maxMeasurement: 255, chunkLength: 2, proofs: 4).parameters
                == [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 2, 4])
        #expect(
            VDAFConfiguration.boundedL2(dimension: 3, integerBound: 258, fractionalBits: 7, isField128: true).parameters
                == [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1, 2, 7, 16])
    }

    @Test func codePointsAreThoseOfTheTables() {
        #expect(Fixtures.vdafs.map(\.type) == [1, 2, 3, 4, 5, 7, 0xFFFF_1003, 0xFFFF_2001, 0xFFFF_2001])
        #expect(
            Fixtures.vdafs.map { VDAFConfiguration.committed($0).type } == [
                0xFFFF_C001, 0xFFFF_C002, 0xFFFF_C003, 0xFFFF_C004, 0xFFFF_C005, 0xFFFF_C007, 0xFFFF_C100,
                0xFFFF_C101, 0xFFFF_C101,
            ])
    }

    /// What a task's sums are checked against must be what the VDAF itself says.
    @Test(arguments: Fixtures.vdafs)
    func boundsAreThoseOfTheVDAF(_ vdaf: VDAFConfiguration) throws {
        func check<Circuit: ValidityCircuit, Seeds>(_ prio3: Prio3<Circuit, Seeds>) {
            #expect(prio3.algorithmID == vdaf.type)
            #expect(prio3.committedNumber.map(CommittedID.id(ofNumber:)) == VDAFConfiguration.committed(vdaf).type)
            #expect(prio3.outputLength == vdaf.outputLength)
            #expect(prio3.coordinateBound == UInt128(vdaf.coordinateBound))
            #expect(Circuit.Field.modulus == vdaf.fieldModulus)
            #expect(prio3.circuit.measurementLength == vdaf.encodedElements)
        }
        switch vdaf.taskType {
        case is CountType: check(try Prio3Count())
        case let type as SumType: check(try Prio3Sum(maxMeasurement: type.maxMeasurement))
        case let type as SumVecType:
            check(
                try Prio3SumVec(
                    length: Int(type.length), maxMeasurement: type.maxMeasurement, chunkLength: Int(type.chunkLength)))
        case let type as HistogramType:
            check(try Prio3Histogram(length: Int(type.length), chunkLength: Int(type.chunkLength)))
        case let type as MultihotCountVecType:
            check(
                try Prio3MultihotCountVec(
                    length: Int(type.length), maxWeight: Int(type.maxWeight), chunkLength: Int(type.chunkLength)))
        case let type as L1BoundSumType:
            check(
                try Prio3L1BoundSum(
                    length: Int(type.length), maxValue: type.maxValue, chunkLength: Int(type.chunkLength)))
        case let type as SumVecField64Type:
            let prio3 = try Prio3SumVecField64MultiproofHmacSha256Aes128(
                length: Int(type.length), maxMeasurement: type.maxMeasurement, chunkLength: Int(type.chunkLength),
                proofs: Int(type.proofs))
            #expect(prio3.proofs == 3)
            check(prio3)
        case let type as BoundedL2Type:
            func check<Field: NTTFieldElement>(_ field: Field.Type) throws {
                let bounded = try BoundedL2<Field>(
                    encoding: FixedPointEncoding(
                        integerBound: type.integerBound, fractionalBits: Int(type.fractionalBits)),
                    dimension: vdaf.outputLength)
                #expect(bounded.algorithmID == vdaf.type)
                #expect(
                    bounded.committedNumber.map(CommittedID.id(ofNumber:)) == VDAFConfiguration.committed(vdaf).type)
                #expect(bounded.coordinateBound == UInt128(vdaf.coordinateBound))
                #expect(bounded.outputDistance == vdaf.outputDistance)
                #expect(bounded.isSigned && vdaf.isSigned)
                #expect(Field.modulus == vdaf.fieldModulus)
            }
            if type.isField128 { try check(Field128.self) } else { try check(Field64.self) }
        default: Issue.record("a type that this test does not know")
        }
    }

    /// The figures of the design, and what is refused.
    @Test func realNumbersAreRoundedAsFinelyAsCommitmentsHide() throws {
        for (dimension, bits) in [(10_000, 16), (100_000, 14), (1_000_000, 13)] {
            let type = try #require(
                try VDAFConfiguration.boundedL2(dimension: UInt32(dimension), normBound: 1).taskType as? BoundedL2Type)
            #expect(Int(type.fractionalBits) == bits && type.integerBound == 1 << bits && !type.isField128)
        }
        let fine = try VDAFConfiguration.boundedL2(dimension: 1_000_000, normBound: 1, isField128: true)
        #expect(fine == .boundedL2(dimension: 1_000_000, integerBound: 1 << 20, fractionalBits: 20, isField128: true))
        for bound in [0, -1, .nan, .infinity, 1e-30, 1e30] {
            #expect(throws: VDAFConfigurationError.self) {
                try VDAFConfiguration.boundedL2(dimension: 10, normBound: bound)
            }
        }
        for dimension in [0, UInt32.max, UInt32(VDAFConfiguration.maximumElements + 1)] {
            #expect(throws: VDAFConfigurationError.self) {
                try VDAFConfiguration.boundedL2(dimension: dimension, normBound: 1)
            }
        }
    }

    @Test func unknownTypesAreToldApart() {
        for type: UInt32 in [
            0, 6, 8, 0x100, 0xFFFF_1002, 0xFFFF_C000, 0xFFFF_C006, 0xFFFF_C008, 0xFFFF_C102, 0xFFFF_C200, .max,
        ] {
            #expect(throws: VDAFConfigurationError.unsupportedType(type)) {
                try VDAFConfiguration(type: type, parameters: [])
            }
        }
    }

    /// A configuration of a few bytes must not make a node reserve gigabytes.
    @Test func boundsThatExhaustMemoryAreRefused() {
        let refused: [VDAFConfiguration] = [
            .sum(maxMeasurement: 0), .sum(maxMeasurement: 1 << 63), .sum(maxMeasurement: .max),
            .sumVec(length: 0, maxMeasurement: 1, chunkLength: 1),
            .sumVec(length: 1, maxMeasurement: 0, chunkLength: 1),
            .sumVec(length: 1, maxMeasurement: 1, chunkLength: 0),
            .sumVec(length: 1, maxMeasurement: 1, chunkLength: 2),
            .sumVec(length: .max, maxMeasurement: .max, chunkLength: .max),
            .sumVec(length: (1 << 22) + 1, maxMeasurement: 1, chunkLength: 1),
            .sumVec(length: 1 << 22, maxMeasurement: 2, chunkLength: 1), .histogram(length: 0, chunkLength: 1),
            .histogram(length: .max, chunkLength: 1), .histogram(length: 5, chunkLength: 6),
            .histogram(length: 5, chunkLength: 0), .committed(.sum(maxMeasurement: 0)),
            .multihotCountVec(length: 0, maxWeight: 0, chunkLength: 1),
            .multihotCountVec(length: 0, maxWeight: 1, chunkLength: 1),
            .multihotCountVec(length: 5, maxWeight: 0, chunkLength: 1),
            .multihotCountVec(length: 5, maxWeight: 6, chunkLength: 1),
            .multihotCountVec(length: 5, maxWeight: .max, chunkLength: 1),
            .multihotCountVec(length: .max, maxWeight: 1, chunkLength: 1),
            .multihotCountVec(length: 1 << 22, maxWeight: 1, chunkLength: 1),
            .multihotCountVec(length: 5, maxWeight: 4, chunkLength: 0),
            .multihotCountVec(length: 5, maxWeight: 4, chunkLength: 9),
            .l1BoundSum(length: 0, maxValue: 1, chunkLength: 1), .l1BoundSum(length: 1, maxValue: 0, chunkLength: 1),
            .l1BoundSum(length: 3, maxValue: 1, chunkLength: 0), .l1BoundSum(length: 3, maxValue: 1, chunkLength: 5),
            .l1BoundSum(length: 1 << 22, maxValue: 1, chunkLength: 1),
            .l1BoundSum(length: .max, maxValue: .max, chunkLength: 1),
            .sumVecField64(length: 0, maxMeasurement: 1, chunkLength: 1, proofs: 3),
            .sumVecField64(length: 1, maxMeasurement: 0, chunkLength: 1, proofs: 3),
            .sumVecField64(length: 1, maxMeasurement: 1 << 63, chunkLength: 1, proofs: 3),
            .sumVecField64(length: 1, maxMeasurement: 1, chunkLength: 1, proofs: 0),
            .sumVecField64(length: 1, maxMeasurement: 1, chunkLength: 1, proofs: 2),
            .sumVecField64(length: 1, maxMeasurement: 1, chunkLength: 2, proofs: 3),
            .sumVecField64(length: 1 << 22, maxMeasurement: 1, chunkLength: 1, proofs: 3),
            .sumVecField64(length: 1 << 22, maxMeasurement: 1, chunkLength: 1 << 22, proofs: 4),
            .sumVecField64(length: 1 << 20, maxMeasurement: 1, chunkLength: 1 << 20, proofs: .max),
        ]
        for vdaf in refused {
            #expect(throws: VDAFConfigurationError.self, "\(vdaf)") { try vdaf.checkBounds() }
            #expect(throws: VDAFConfigurationError.self, "\(vdaf)") { try makeTaskVDAF(vdaf) }
            #expect(throws: VDAFConfigurationError.self, "\(vdaf)") {
                try VDAFConfiguration(type: vdaf.type, parameters: vdaf.parameters)
            }
        }
        for vdaf: VDAFConfiguration in [
            .sum(maxMeasurement: 1 << 63 - 1), .sumVec(length: 1 << 22, maxMeasurement: 1, chunkLength: 2048),
            .sumVec(length: 1, maxMeasurement: 1, chunkLength: 1), .histogram(length: 1, chunkLength: 1),
            .multihotCountVec(length: 1, maxWeight: 1, chunkLength: 2),
            .multihotCountVec(length: 5, maxWeight: 5, chunkLength: 8),
            .multihotCountVec(length: 1 << 22 - 1, maxWeight: 1, chunkLength: 2048),
            .l1BoundSum(length: 1, maxValue: 1, chunkLength: 2),
            .l1BoundSum(length: 3, maxValue: .max, chunkLength: 256),
            .sumVecField64(length: 1, maxMeasurement: 1 << 63 - 1, chunkLength: 63, proofs: .max),
            .sumVecField64(length: 1 << 22, maxMeasurement: 1, chunkLength: 1 << 22, proofs: 3),
        ] {
            #expect(throws: Never.self, "\(vdaf)") { try vdaf.checkBounds() }
        }
    }

    @Test func theRefusalShowsTheArithmetic() {
        let vdaf = VDAFConfiguration.sumVec(length: 1_000_000, maxMeasurement: 255, chunkLength: 1)
        let error = #expect(throws: VDAFConfigurationError.self) { try vdaf.checkBounds() }
        #expect(error?.description.contains("1000000 × 8 = 8000000") == true)
        for (vdaf, text) in [
            (.multihotCountVec(length: 5, maxWeight: 4, chunkLength: 9), "5 + 3"),
            (.l1BoundSum(length: 1_000_000, maxValue: 255, chunkLength: 1), "1000001 × 8 = 8000008"),
            (.sumVecField64(length: 1 << 20, maxMeasurement: 1, chunkLength: 1 << 20, proofs: .max), "255 × 2097155"),
        ] as [(VDAFConfiguration, String)] {
            let error = #expect(throws: VDAFConfigurationError.self) { try vdaf.checkBounds() }
            #expect(error?.description.contains(text) == true, "\(String(describing: error))")
        }
    }

    /// 393 is the chunk length that an exhaustive search finds for a vector of 100,000 elements.
    @Test func theRecommendedChunkMakesTheShortestProof() {
        func proof(_ elements: Int, _ chunk: Int) -> Int {
            let calls = (elements + chunk - 1) / chunk
            var power = 1
            while power < calls + 1 { power *= 2 }
            return 2 * chunk + 2 * (power - 1) + 1
        }
        #expect(VDAFConfiguration.recommendedChunkLength(elements: 100_000) == 393)
        for elements in [1, 2, 3, 7, 100, 1000, 6510] {
            let best = (1...elements).map { proof(elements, $0) }.min()
            #expect(proof(elements, Int(VDAFConfiguration.recommendedChunkLength(elements: elements))) == best)
        }
    }

    @Test(arguments: Fixtures.all)
    func theRecommendedChunkIsThatOfTheEncodedMeasurement(_ vdaf: VDAFConfiguration) throws {
        let best = VDAFConfiguration.recommendedChunkLength(elements: vdaf.encodedElements)
        let recommended = try vdaf.withRecommendedChunkLength()
        let expected: VDAFConfiguration =
            switch vdaf.taskType {
            case is SumVecType: .sumVec(length: 5, maxMeasurement: 14, chunkLength: best)
            case is HistogramType: .histogram(length: 7, chunkLength: best)
            case is MultihotCountVecType: .multihotCountVec(length: 6, maxWeight: 3, chunkLength: best)
            case is L1BoundSumType: .l1BoundSum(length: 4, maxValue: 20, chunkLength: best)
            case is SumVecField64Type: .sumVecField64(length: 5, maxMeasurement: 14, chunkLength: best, proofs: 3)
            default: vdaf.base
            }
        #expect(recommended == (vdaf.isCommitted ? .committed(expected) : expected))
    }

    @Test func vectorsTooLongForAnyChunkAreRefused() {
        for vdaf: VDAFConfiguration in [
            .sumVec(length: 0, maxMeasurement: 0, chunkLength: 0),
            .l1BoundSum(length: .max, maxValue: .max, chunkLength: 0),
            .multihotCountVec(length: 0, maxWeight: .max, chunkLength: 0),
        ] {
            #expect(throws: VDAFConfigurationError.self) { try vdaf.withRecommendedChunkLength() }
        }
    }
}
