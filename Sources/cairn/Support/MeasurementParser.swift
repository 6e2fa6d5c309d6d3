import DAP
import Encodings
import SharedModel

/// Turns text into a measurement of a task's type. Errors say what is allowed; the caller adds where the text stands.
///
/// How a number is written is the matter of `NumberText`, for `--value` and CSV files alike.
struct MeasurementParser {
    let vdaf: VDAFConfiguration
    /// Whether the texts were typed as `--value`: then there is no file in which a row could be left out.
    private var isTyped = false

    init(vdaf: VDAFConfiguration) { self.vdaf = vdaf }

    /// How many numbers one report holds.
    var width: Int {
        // One bucket, whose number stands for all of them.
        if case .histogram = vdaf.base { 1 } else { vdaf.outputLength }
    }

    /// Whether `yes` and `false` are numbers of the type.
    var takesTruthWords: Bool {
        switch vdaf.base {
        case .count, .multihotCountVec: true
        default: false
        }
    }

    /// A value as `--value` gives it: vectors are numbers separated by commas.
    func value(_ text: String) throws -> MeasurementValue {
        let texts = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        guard texts.count == width else {
            let isOneWithComma = width == 1 && texts.count == 2
            throw CommandFailure(
                "the task takes \(Self.count(width, "number")) a report, not \(texts.count)",
                advice: isOneWithComma
                    ? "A comma separates numbers: write a decimal point, and no thousands separator."
                    : width > 1 ? "Separate the numbers by commas, and write decimal points." : "")
        }
        var parser = self
        parser.isTyped = true
        return try parser.measurement(texts)
    }

    /// One report from as many texts as it holds numbers.
    func measurement(_ texts: [String]) throws -> MeasurementValue {
        guard texts.count == width else {
            throw CommandFailure("the task takes \(Self.count(width, "number")) a report, not \(texts.count)")
        }
        switch vdaf.base {
        case .count:
            return .bool(try bool(texts[0]))
        case .sum(let maximum):
            return .integer(try integer(texts[0], upTo: maximum))
        case .sumVec(_, let maximum, _), .sumVecField64(_, let maximum, _, _):
            return .vector(try texts.map { try integer($0, upTo: maximum) })
        case .histogram(let length, _):
            return .bucket(Int(try integer(texts[0], upTo: UInt64(length) - 1)))
        case .multihotCountVec(_, let maxWeight, _):
            let choices = try texts.map(bool)
            let weight = UInt64(choices.count { $0 })
            guard weight <= maxWeight else {
                throw CommandFailure("\(weight) options are chosen", advice: "The task takes up to \(maxWeight).")
            }
            return .choices(choices)
        case .l1BoundSum(_, let maximum, _):
            let values = try texts.map { try integer($0, upTo: maximum) }
            let sum = values.reduce(UInt128(0)) { $0 + UInt128($1) }
            guard sum <= UInt128(maximum) else {
                throw CommandFailure("the numbers add up to \(sum)", advice: "The task takes up to \(maximum).")
            }
            return .vector(values)
        case .boundedL2:
            return .real(try vector(texts))
        case .committed:
            throw CommandFailure("the task's type is not one that takes values")
        }
    }

    /// The first of several texts that cannot be in any report.
    func firstBadText(_ texts: [String]) -> Int? {
        let single = MeasurementParser(vdaf: scalar)
        return texts.firstIndex { (try? single.measurement([$0])) == nil }
    }

    /// The type of one number of a report.
    private var scalar: VDAFConfiguration {
        switch vdaf.base {
        case .count, .multihotCountVec: .count
        case .sum, .histogram, .committed: vdaf.base
        case .boundedL2(_, let integerBound, let fractionalBits, let isField128):
            .boundedL2(
                dimension: 1, integerBound: integerBound, fractionalBits: fractionalBits, isField128: isField128)
        case .sumVec(_, let maximum, _), .l1BoundSum(_, let maximum, _), .sumVecField64(_, let maximum, _, _):
            .sum(maxMeasurement: maximum)
        }
    }

    /// Numbers whose norm is within the bound, which the sending of the first report would else find out.
    private func vector(_ texts: [String]) throws -> [Double] {
        let values = try texts.map { text throws(CommandFailure) in
            try words { () throws(NumberFault) in try NumberText.real(text) }
        }
        guard let encoding = vdaf.fixedPointEncoding else { return values }
        do throws(UpdateBoundError) {
            try UpdateBound(encoding: encoding, dimension: values.count).encode(values)
        } catch {
            guard case .aboveBound(let norm, let bound, _) = error else { throw CommandFailure("\(error)") }
            throw CommandFailure(
                values.count == 1
                    ? "\(texts[0].quotedForPeople) is too large" : "the numbers' Euclidean norm is \(norm)",
                advice: "The task takes up to \(bound)\(values.count == 1 ? ", of either sign" : "").")
        }
        return values
    }

    private func bool(_ text: String) throws(CommandFailure) -> Bool {
        if let word = TruthWord(text) { return word == .yes }
        let number = try words(orAdvice: "Write 1 or 0.") { () throws(NumberFault) in try NumberText.whole(text) }
        guard number <= 1 else {
            throw CommandFailure("\(text.quotedForPeople) is not true or false", advice: "Write 1 or 0.")
        }
        return number == 1
    }

    private func integer(_ text: String, upTo maximum: UInt64) throws(CommandFailure) -> UInt64 {
        let range = "The task takes 0 to \(maximum)."
        let number = try words(orAdvice: range) { () throws(NumberFault) in try NumberText.whole(text) }
        guard number <= UInt128(maximum) else {
            throw CommandFailure("\(text.quotedForPeople) is too large", advice: range)
        }
        return UInt64(number)
    }

    /// - Parameter range: what to say in place of the general advice, where nothing else is known of the text.
    private func words<Number>(
        orAdvice range: String? = nil, _ read: () throws(NumberFault) -> Number
    ) throws(CommandFailure) -> Number {
        do throws(NumberFault) {
            return try read()
        } catch {
            switch error {
            case .missing, .notFinite, .spreadsheetError, .losesPrecision:
                let advice = isTyped ? range ?? NumberFault.malformed("").advice : error.advice
                throw CommandFailure(error.problem, advice: advice)
            case .otherDelimiter(let text, _) where isTyped:
                throw CommandFailure(
                    "\(text.quotedForPeople) is not one number", advice: range ?? "Separate numbers by commas.")
            case .word, .malformed, .negative: throw CommandFailure(error.problem, advice: range ?? error.advice)
            default: throw CommandFailure(error.problem, advice: error.advice)
            }
        }
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
