import VDAF

/// How a type's measurements and results are written in a vector file.
protocol VectorValues<Measurement, AggregateResult>: Sendable {
    associatedtype Measurement
    associatedtype AggregateResult
    /// - Throws: `VectorFailure` if the value has the wrong JSON type; `VDAFError.invalidMeasurement` for a value of the
    ///   right type that no measurement can have, which makes sharding fail.
    func measurement(_ value: VectorValue) throws -> Measurement
    /// - Throws: `VectorFailure` if the result is another one than the file says.
    func compare(_ result: AggregateResult, _ expected: VectorValue) throws
}

/// 0 and 1, or false and true.
struct CountValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> Bool {
        if case .bool(let flag) = value.value { return flag }
        switch try value.integer(Int128.self) {
        case 0: return false
        case 1: return true
        default: throw VDAFError.invalidMeasurement("neither 0 nor 1")
        }
    }

    func compare(_ result: UInt128, _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

struct SumValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> UInt64 {
        try coordinate(value)
    }

    func compare(_ result: UInt128, _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

struct SumVecValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> [UInt64] {
        try value.items().map(coordinate)
    }

    func compare(_ result: [UInt128], _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

struct HistogramValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> Int {
        guard let bucket = Int(exactly: try value.integer(Int128.self)) else {
            throw VDAFError.invalidMeasurement("there is no such bucket")
        }
        return bucket
    }

    func compare(_ result: [UInt128], _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

struct MultihotCountVecValues: VectorValues {
    func measurement(_ value: VectorValue) throws -> [Bool] {
        try value.items().map { try CountValues().measurement($0) }
    }

    func compare(_ result: [UInt128], _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

/// Strings of bits as arrays of false and true.
struct Poplar1Values: VectorValues {
    func measurement(_ value: VectorValue) throws -> BitString {
        BitString(try value.items().map { try $0.bool() })
    }

    func compare(_ result: [UInt128], _ expected: VectorValue) throws {
        try expectEqual(result, expected)
    }
}

private func coordinate(_ value: VectorValue) throws -> UInt64 {
    guard let number = UInt64(exactly: try value.integer(Int128.self)) else {
        throw VDAFError.invalidMeasurement("not in [0, 2^64)")
    }
    return number
}

private func expectEqual(_ computed: UInt128, _ expected: VectorValue) throws {
    guard try expected.integer(UInt128.self) == computed else {
        throw expected.failure("differs: computed \(computed)")
    }
}

private func expectEqual(_ computed: [UInt128], _ expected: VectorValue) throws {
    let items = try expected.items()
    guard items.count == computed.count else {
        throw expected.failure("has \(items.count) elements, computed \(computed.count)")
    }
    for (computed, item) in zip(computed, items) {
        try expectEqual(computed, item)
    }
}

extension VDAFError {
    /// One line for people.
    var explanation: String {
        switch self {
        case .invalidParameter(let text), .invalidMeasurement(let text), .invalidArgument(let text),
            .invalidEncoding(let text), .aggregateOutOfRange(let text), .unexpectedMessage(let text):
            text
        case .proofRejected: "the proof is not valid"
        case .jointRandomnessMismatch: "the joint randomness does not match"
        case .testPointIsRootOfUnity: "the test point is a root of unity"
        case .wraparoundTestFailed: "a wraparound test failed by chance"
        case .marginViolated: "the margin of a committed share is violated"
        case .commitmentMismatch: "a commitment does not open to its share"
        }
    }
}
