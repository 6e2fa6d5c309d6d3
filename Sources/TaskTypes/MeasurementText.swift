/// Reads the numbers that people write: in `--value`, and in the cells of their files.
///
/// A type says which numbers it takes; how one is written, and in which words a mistake is told, is the reader's matter.
package protocol NumberReader {
    /// `1`, `0`, and words for them.
    func truth(_ text: String) throws(MeasurementFault) -> Bool

    /// A whole number from 0 to `maximum`.
    func whole(_ text: String, upTo maximum: UInt64) throws(MeasurementFault) -> UInt64

    /// A finite number.
    func real(_ text: String) throws(MeasurementFault) -> Double
}

extension NumberReader {
    func wholes(_ texts: [String], upTo maximum: UInt64) throws(MeasurementFault) -> [UInt64] {
        try texts.map { text throws(MeasurementFault) in try whole(text, upTo: maximum) }
    }
}

/// Why texts are not a report of a type.
package struct MeasurementFault: Error, Equatable, Sendable {
    /// What is wrong: a sentence without its full stop.
    package let problem: String
    /// What to do, in full sentences.
    package let advice: String

    package init(_ problem: String, advice: String) {
        self.problem = problem
        self.advice = advice
    }
}
