/// Why a VDAF operation failed. One case per cause; the text says which value is at fault and never contains secrets.
public enum VDAFError: Error, Equatable, Sendable {
    /// The VDAF cannot be built with these parameters (zero length, bound too large for the field, share count, …).
    case invalidParameter(String)

    /// The measurement is outside the set that this VDAF accepts. Thrown by `shard`.
    case invalidMeasurement(String)

    /// An argument has the wrong size or range: nonce, verify key, randomness, context, aggregator ID, or the number
    /// of shares handed to an operation that needs one from each aggregator.
    case invalidArgument(String)

    /// Bytes that are not the encoding of the message in question: wrong length, or a non-canonical field element.
    case invalidEncoding(String)

    /// The zero-knowledge proof does not hold: the report is invalid, or it was changed on its way.
    case proofRejected

    /// The aggregators disagree on the joint randomness, or the client's joint-randomness parts are wrong.
    case jointRandomnessMismatch

    /// The query randomness hit a root of unity. It happens with probability below 2^-50 for an honest verify key;
    /// the report is rejected because going on would reveal a gadget output (VDAF-20 section 7.3.4).
    case testPointIsRootOfUnity

    /// A sum of shares cannot be the aggregate of the stated number of valid measurements.
    case aggregateOutOfRange(String)

    /// A ping-pong message arrived that does not fit the receiver's state (VDAF-20 section 5.7.1).
    case unexpectedMessage(String)

    /// Bounded-norm vectors: a wraparound test failed by chance, although the measurement is valid. A client draws new
    /// randomness. It happens with probability below 2^-80.
    case wraparoundTestFailed

    /// Committed types: a coordinate of the leader's output share leaves no room for the carry-free sum. A client
    /// draws new randomness; an aggregator rejects the report.
    case marginViolated

    /// Committed types: a commitment in the public share does not open to this aggregator's output share.
    case commitmentMismatch
}

extension VDAFError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidParameter(let text), .invalidMeasurement(let text), .invalidArgument(let text),
            .aggregateOutOfRange(let text), .unexpectedMessage(let text):
            text
        case .invalidEncoding(let text): "the bytes are no encoding: \(text)"
        case .proofRejected: "the proof does not hold"
        case .jointRandomnessMismatch: "the joint randomness differs"
        case .testPointIsRootOfUnity: "the query randomness hit a root of unity"
        case .wraparoundTestFailed: "a wraparound test failed by chance"
        case .marginViolated: "the leader's share leaves no margin"
        case .commitmentMismatch: "the commitment does not open to the share"
        }
    }
}
