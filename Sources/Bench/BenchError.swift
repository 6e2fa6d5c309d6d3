import VDAF

/// Why a measurement cannot be made, or must not be believed.
package enum BenchError: Error, Equatable, Sendable {
    /// An option is missing, out of range, or does not belong to the type; the text names it.
    case invalidOption(String)
    /// A step of the protocol failed on an honest report.
    case stepFailed(step: String, VDAFError)
    /// The aggregate is not the sum of the measurements.
    case wrongAggregate(type: String)
    /// A check refused what is honest, or passed what is not.
    case checkFailed(String)
    /// The system does not give what the measurement takes; the text says what, and why.
    case system(String)
}

extension BenchError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidOption(let text):
            text
        case .stepFailed(let step, let error):
            "\(step) failed on an honest report: \(error)"
        case .checkFailed(let text), .system(let text):
            text
        case .wrongAggregate(let type):
            "the aggregate of \(type) is not the sum of its measurements"
        }
    }
}

extension Result where Failure == VDAFError {
    /// The value, or the failure with the name of the step that had it.
    func orFailure(_ step: String) throws(BenchError) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let error): throw .stepFailed(step: step, error)
        }
    }
}
