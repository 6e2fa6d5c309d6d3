import DAP
import Testing

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
        #expect(VDAFConfiguration.committed(.sumVec(length: 1, maxMeasurement: 1, chunkLength: 1)).type == 0xFFFF_C003)
    }

    @Test func unknownTypesAreToldApart() {
        for type: UInt32 in [0, 5, 6, 7, 0xFFFF_C000, 0xFFFF_C005, 0xFFFF_1003, .max] {
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
            .histogram(length: 5, chunkLength: 0), .committed(.committed(.count)), .committed(.sum(maxMeasurement: 0)),
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
        ] {
            #expect(throws: Never.self, "\(vdaf)") { try vdaf.checkBounds() }
        }
    }

    @Test func theRefusalShowsTheArithmetic() {
        let vdaf = VDAFConfiguration.sumVec(length: 1_000_000, maxMeasurement: 255, chunkLength: 1)
        let error = #expect(throws: VDAFConfigurationError.self) { try vdaf.checkBounds() }
        #expect(error?.description.contains("1000000 × 8 = 8000000") == true)
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
}
