import Crypto
import Ledger
import TaskTypes
import Tasks

/// Where λ comes from, by policy (`Protocols/credit.md` §3).
extension CreditWeights {
    /// Bytes of λ: eight for each coefficient, two's complement, little-endian.
    package static func encode(_ lambda: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 * lambda.count)
        for value in lambda {
            withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
        }
        return bytes
    }

    /// - Throws: `.wrongWeights` for a number of bytes that is no multiple of eight.
    package static func decode(_ bytes: [UInt8]) throws(CreditError) -> [Int64] {
        guard !bytes.isEmpty, bytes.count % 8 == 0 else {
            throw .wrongWeights("λ has \(bytes.count) bytes, which is no multiple of 8")
        }
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map { start in
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int64.self))
            }
        }
    }

    /// The hash of λ that the task of a priced policy names.
    package static func hash(_ lambda: [Int64]) -> [UInt8] {
        Array(SHA256.hash(data: encode(lambda)))
    }

    /// The commitment to λ that the task of a validation policy names: it binds λ and, as long as the 32 random bytes of
    /// salt are secret, hides it.
    package static func hash(_ lambda: [Int64], salt: [UInt8]) -> [UInt8] {
        RevealEntry.commitment(lambdaHash: hash(lambda), salt: salt)
    }

    /// λ of a task that names it.
    ///
    /// - Parameter salt: what opens the commitment of a validation policy; nil for prices.
    /// - Throws: `.wrongWeights` if it is not the λ that the task names.
    package init(lambda: [Int64], salt: [UInt8]?, task: ValidatedTask) throws(CreditError) {
        let kind = task.cairn?.creditPolicy?.kind ?? CreditPolicy.Kind.none
        let isNamed =
            switch kind {
            case .priced: salt == nil && task.cairn?.lambdaHash == Self.hash(lambda)
            case .validation: salt?.count == 32 && task.cairn?.lambdaHash == Self.hash(lambda, salt: salt ?? [])
            case .none, .unit, .alignment: false
            }
        guard isNamed else { throw .wrongWeights("this is not the λ that the task names") }
        try self.init(lambda: lambda, task: task)
    }

    /// λ of an alignment policy: the published aggregate, in the units of the credit (`2A - m·M` where numbers are
    /// offset-encoded).
    ///
    /// - Parameters:
    ///   - aggregate: A.
    ///   - count: m.
    /// - Throws: `.wrongWeights` if a coefficient exceeds the task's bound.
    package init(aggregate: AggregateValue, count: UInt64, task: ValidatedTask) throws(CreditError) {
        let isCentred = task.cairn?.numericEncoding != nil
        let offset = Int128(count) * Int128(task.vdaf.coordinateBound)
        var lambda: [Int64] = []
        for sum in aggregate.integers {
            guard let exact = sum, exact.magnitude >> 64 == 0,
                let coefficient = Int64(exactly: isCentred ? 2 * exact - offset : exact)
            else { throw .wrongWeights("the aggregate does not fit 63 bits") }
            lambda.append(coefficient)
        }
        try self.init(lambda: lambda, task: task)
    }
}
