import DAP
import Foundation

/// What a claim says about the total credit V of its receipts.
///
///     enum { exact(0), at_least(1), between(2), (255) } StatementType;
///     struct {
///         StatementType statement_type;
///         uint64 low;     /* two's complement */
///         uint64 high;    /* equal to low where exact, 2^63 - 1 where at_least */
///     } CreditStatement;
package enum CreditStatement: Sendable, Hashable {
    /// V is this.
    case exactly(Int64)
    /// V is this or more.
    case atLeast(Int64)
    /// V lies in this range.
    case between(ClosedRange<Int64>)

    package func holds(for total: Int64) -> Bool { bounds.contains(total) }

    /// Everything that V may be.
    package var bounds: ClosedRange<Int64> {
        switch self {
        case .exactly(let value): value...value
        case .atLeast(let value): value...Int64.max
        case .between(let range): range
        }
    }

    /// How many bits the statement tells at most about V, of which it was known that it lies in `known`: the logarithm of
    /// by how much it narrows the range. One exact credit may tell all of x: `Protocols/credit.md` §6.
    package func leakedBits(of known: ClosedRange<Int64>) -> Double {
        let possible = Double(known.upperBound) - Double(known.lowerBound) + 1
        let lowest = max(known.lowerBound, bounds.lowerBound)
        let highest = min(known.upperBound, bounds.upperBound)
        guard lowest <= highest else { return 0 }
        return max(0, log2(possible / (Double(highest) - Double(lowest) + 1)))
    }
}

extension CreditStatement: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exactly(let value): "credit is \(value)"
        case .atLeast(let value): "credit is at least \(value)"
        case .between(let range): "credit is between \(range.lowerBound) and \(range.upperBound)"
        }
    }
}

extension CreditStatement: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        let type = try reader.uint8("statement_type")
        let low = Int64(bitPattern: try reader.uint64("low"))
        let high = Int64(bitPattern: try reader.uint64("high"))
        switch (type, low, high) {
        case (0, _, low): self = .exactly(low)
        case (1, _, Int64.max): self = .atLeast(low)
        case (2, _, _) where low <= high: self = .between(low...high)
        case (0...2, _, _): throw .invalidValue(field: "credit statement", reason: "its bounds do not fit its type")
        default: throw .unsupported(field: "statement_type", value: UInt64(type))
        }
    }

    package func encode(into writer: inout ByteWriter) {
        let type: UInt8 =
            switch self {
            case .exactly: 0
            case .atLeast: 1
            case .between: 2
            }
        writer.write(type)
        writer.write(UInt64(bitPattern: bounds.lowerBound))
        writer.write(UInt64(bitPattern: bounds.upperBound))
    }
}
