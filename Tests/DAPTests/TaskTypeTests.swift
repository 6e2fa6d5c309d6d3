import TaskTypes
import Testing

/// What every type says of itself, and what is made of what people say of types.
@Suite struct TaskTypeTests {
    @Test func everyTypeIsListedOnceAndHasASample() {
        let types = TaskTypeRegistry.all
        #expect(Set(types.map { $0.id }).count == types.count)
        #expect(types.map { $0.id } == types.map { $0.id }.sorted())
        let names = TaskTypeRegistry.spokenNames.map(\.name)
        #expect(Set(names).count == names.count && Set(TaskTypeRegistry.names).isSubset(of: names))
        #expect(Set(SampleType.all.map(\.vdaf.name)) == Set(TaskTypeRegistry.names))
    }

    @Test func parametersHaveTheStandardsNames() {
        let names = Dictionary(uniqueKeysWithValues: TaskTypeRegistry.all.map { ($0.name, $0.parameterNames) })
        #expect(
            names == [
                "count": [], "sum": ["max_measurement"], "sumvec": ["length", "max_measurement", "chunk_length"],
                "histogram": ["length", "chunk_length"], "multihot": ["length", "chunk_length", "max_weight"],
                "l1boundsum": ["length", "max_value", "chunk_length"],
                "sumvec64hmac": ["length", "max_measurement", "chunk_length", "proofs"],
                "boundedl2": ["dimension", "integer_bound", "fractional_bits", "field_size"],
            ])
    }

    /// Options that a person gives, each by its name.
    private func make(_ name: String, _ given: [TypeOption: UInt64], norm: Double? = nil) throws(TypeOptionError)
        -> VDAFConfiguration
    {
        var options = TypeOptions()
        for (option, value) in given { options.set(option, value) }
        options.set(.normBound, norm)
        guard let type = TaskTypeRegistry.type(named: name) else { throw .invalid("there is no type \(name)") }
        return try VDAFConfiguration(type, options: options)
    }

    @Test func optionsMakeAType() throws {
        #expect(try make("count", [:]) == .count)
        #expect(try make("sum", [.maxMeasurement: 9]) == .sum(maxMeasurement: 9))
        let vector = VDAFConfiguration.sumVec(length: 3, maxMeasurement: 9, chunkLength: 5)
        #expect(try make("sumvec", [.length: 3, .maxMeasurement: 9, .chunkLength: 5]) == vector)
        #expect(try make("sumvec", [.length: 3, .maxMeasurement: 9]) == vector.withRecommendedChunkLength())
        #expect(
            try make("sumvec64hmac", [.length: 3, .maxMeasurement: 9, .chunkLength: 5])
                == .sumVecField64(length: 3, maxMeasurement: 9, chunkLength: 5, proofs: 3))
        #expect(
            try make("boundedl2", [.length: 3, .fractionalBits: 4, .field: 128], norm: 2)
                == .boundedL2(dimension: 3, integerBound: 32, fractionalBits: 4, isField128: true))
    }

    @Test func optionsThatAreMissingNeedlessOrWrongAreNamed() {
        #expect(throws: TypeOptionError.missing(.maxMeasurement)) { try make("sum", [:]) }
        #expect(throws: TypeOptionError.missing(.normBound)) { try make("boundedl2", [.length: 3]) }
        #expect(throws: TypeOptionError.needless(.length)) { try make("sum", [.length: 3]) }
        #expect(throws: TypeOptionError.needless(.normBound)) { try make("count", [:], norm: 1) }
        #expect(throws: TypeOptionError.invalid("--field must be 64 or 128.")) {
            try make("boundedl2", [.length: 3, .field: 32], norm: 1)
        }
        #expect(throws: TypeOptionError.configuration(.outOfBounds("max_measurement must be at least 1"))) {
            try make("sum", [.maxMeasurement: 0])
        }
        let bounds = "chunk_length 0 must lie in 1...3 (length × bits = 3 × 1)"
        #expect(throws: TypeOptionError.configuration(.outOfBounds(bounds))) {
            try make("histogram", [.length: 3, .chunkLength: 0])
        }
    }

    /// Reads plain decimals.
    private struct Reader: NumberReader {
        private func number<Number>(_ number: Number?) throws(MeasurementFault) -> Number {
            guard let number else { throw MeasurementFault("not a number", advice: "") }
            return number
        }

        func truth(_ text: String) throws(MeasurementFault) -> Bool { try number(["0": false, "1": true][text]) }
        func whole(_ text: String, upTo maximum: UInt64) throws(MeasurementFault) -> UInt64 {
            try number(UInt64(text).flatMap { $0 <= maximum ? $0 : nil })
        }
        func real(_ text: String) throws(MeasurementFault) -> Double { try number(Double(text)) }
    }

    /// What a person writes for the samples' measurements.
    private func texts(_ value: MeasurementValue) -> [String] {
        switch value {
        case .bool(let value): [value ? "1" : "0"]
        case .integer(let value): ["\(value)"]
        case .vector(let values): values.map { "\($0)" }
        case .real(let values): values.map { "\($0)" }
        case .choices(let values): values.map { $0 ? "1" : "0" }
        case .bucket(let value): ["\(value)"]
        }
    }

    @Test(arguments: Fixtures.vdafs)
    func textsOfMeasurementsAreReadAndOthersRefused(_ vdaf: VDAFConfiguration) throws {
        let (type, sample) = (vdaf.taskType, SampleType.of(vdaf))
        for measurement in sample.measurements {
            #expect(texts(measurement).count == type.width)
            #expect(try type.measurement(texts(measurement), Reader()) == measurement)
        }
        // What is refused for its kind alone is written as another type's measurement is.
        for measurement in sample.wrong where texts(measurement).count == type.width {
            let read = try? type.measurement(texts(measurement), Reader())
            #expect(read == nil || read != measurement, "\(measurement)")
        }
    }

    @Test func theSumsAndNormsThatAreTooLargeAreNamed() throws {
        let fault = { (vdaf: VDAFConfiguration, texts: [String]) in
            #expect(throws: MeasurementFault.self) { try vdaf.taskType.measurement(texts, Reader()) }
        }
        #expect(
            fault(.l1BoundSum(length: 2, maxValue: 9, chunkLength: 2), ["5", "6"])
                == MeasurementFault("the numbers add up to 11", advice: "The task takes up to 9."))
        #expect(
            fault(.multihotCountVec(length: 3, maxWeight: 1, chunkLength: 2), ["1", "0", "1"])
                == MeasurementFault("2 options are chosen", advice: "The task takes up to 1."))
        let bounded = VDAFConfiguration.boundedL2(dimension: 2, integerBound: 10, fractionalBits: 1, isField128: false)
        #expect(
            fault(bounded, ["4", "-4"])
                == MeasurementFault(
                    "the numbers' Euclidean norm is \(32.0.squareRoot())", advice: "The task takes up to 5.0."))
        #expect(
            fault(bounded, ["6"])
                == MeasurementFault("'6' is too large", advice: "The task takes up to 5.0, of either sign."))
    }
}
