import Encodings
import SharedModel
import TaskTypes

/// Turns text into a measurement of a task's type. Errors say what is allowed; the caller adds where the text stands.
///
/// How a number is written is the matter of `NumberText`, for `--value` and CSV files alike.
struct MeasurementParser {
    let vdaf: VDAFConfiguration
    /// Whether the texts were typed as `--value`: then there is no file in which a row could be left out.
    private var isTyped = false

    init(vdaf: VDAFConfiguration) { self.vdaf = vdaf }

    /// How many numbers one report holds.
    var width: Int { vdaf.taskType.width }

    /// Whether `yes` and `false` are numbers of the type.
    var takesTruthWords: Bool { vdaf.taskType.takesTruthWords }

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
        do throws(MeasurementFault) {
            return try vdaf.taskType.measurement(texts, self)
        } catch {
            throw CommandFailure(error.problem, advice: error.advice)
        }
    }

    /// The first of several texts that cannot be in any report.
    func firstBadText(_ texts: [String]) -> Int? {
        texts.firstIndex { (try? vdaf.taskType.measurement([$0], self)) == nil }
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

extension MeasurementParser: NumberReader {
    func truth(_ text: String) throws(MeasurementFault) -> Bool {
        if let word = TruthWord(text) { return word == .yes }
        let number = try words(orAdvice: "Write 1 or 0.") { () throws(NumberFault) in try NumberText.whole(text) }
        guard number <= 1 else {
            throw MeasurementFault("\(text.quotedForPeople) is not true or false", advice: "Write 1 or 0.")
        }
        return number == 1
    }

    func real(_ text: String) throws(MeasurementFault) -> Double {
        try words { () throws(NumberFault) in try NumberText.real(text) }
    }

    func whole(_ text: String, upTo maximum: UInt64) throws(MeasurementFault) -> UInt64 {
        let range = "The task takes 0 to \(maximum)."
        let number = try words(orAdvice: range) { () throws(NumberFault) in try NumberText.whole(text) }
        guard number <= UInt128(maximum) else {
            throw MeasurementFault("\(text.quotedForPeople) is too large", advice: range)
        }
        return UInt64(number)
    }

    /// - Parameter range: what to say in place of the general advice, where nothing else is known of the text.
    private func words<Number>(
        orAdvice range: String? = nil, _ read: () throws(NumberFault) -> Number
    ) throws(MeasurementFault) -> Number {
        do throws(NumberFault) {
            return try read()
        } catch {
            switch error {
            case .missing, .notFinite, .spreadsheetError, .losesPrecision:
                let advice = isTyped ? range ?? NumberFault.malformed("").advice : error.advice
                throw MeasurementFault(error.problem, advice: advice)
            case .otherDelimiter(let text, _) where isTyped:
                throw MeasurementFault(
                    "\(text.quotedForPeople) is not one number", advice: range ?? "Separate numbers by commas.")
            case .word, .malformed, .negative: throw MeasurementFault(error.problem, advice: range ?? error.advice)
            default: throw MeasurementFault(error.problem, advice: error.advice)
            }
        }
    }
}
