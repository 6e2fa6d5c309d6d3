import DAP

/// Who gets how much of a pool, and for which claim.
///
///     struct {
///         opaque claim_hash[32];          /* SHA-256 of the claim */
///         uint64 credit;                  /* the least credit that the claim proves */
///         uint64 amount;
///         opaque recipient<0..2^8-1>;     /* the claim's */
///     } PayoutRow;
///     struct {
///         opaque magic[16] = "cairn payout v1\n";
///         TaskID task_id;
///         uint64 pool;
///         opaque unit<0..2^8-1>;          /* UTF-8: what is paid */
///         PayoutRow rows[...];            /* to the end: by claim_hash, each once, at least one */
///     } PayoutTable;
///
/// A claim of credit v out of Σv gets ⌊pool · v / Σv⌋, so the parts never add up to more than the pool; what rounding
/// leaves stays with whoever pays. So anybody can check the arithmetic, and each claimant its own row.
package struct PayoutTable: Sendable, Equatable {
    package struct Row: WireMessage, Equatable {
        package var claimHash: [UInt8]
        package var credit: UInt64
        package var amount: UInt64
        package var recipient: [UInt8]
    }

    package let taskID: TaskID
    package let pool: UInt64
    package let unit: [UInt8]
    package let rows: [Row]

    private static let magic = Array("cairn payout v1\n".utf8)

    /// One claim that takes part.
    package struct Share: Sendable {
        package let claimHash: [UInt8]
        package let credit: UInt64
        package let recipient: [UInt8]

        package init(claimHash: [UInt8], credit: UInt64, recipient: [UInt8]) {
            self.claimHash = claimHash
            self.credit = credit
            self.recipient = recipient
        }
    }

    /// Divides a pool.
    ///
    /// - Returns: nil if there is no claim, or one is there twice.
    package init?(taskID: TaskID, pool: UInt64, unit: [UInt8], shares: [Share]) {
        let ordered = shares.sorted { $0.claimHash.lexicographicallyPrecedes($1.claimHash) }
        let amounts = Self.divide(pool, among: ordered.map(\.credit))
        self.taskID = taskID
        self.pool = pool
        self.unit = unit
        rows = zip(ordered, amounts).map { share, amount in
            Row(claimHash: share.claimHash, credit: share.credit, amount: amount, recipient: share.recipient)
        }
        guard Self.isOrdered(rows) else { return nil }
    }

    /// - Returns: In order, what each credit gets.
    package static func divide(_ pool: UInt64, among credits: [UInt64]) -> [UInt64] {
        let total = credits.reduce(UInt128(0)) { $0 + UInt128($1) }
        guard total > 0 else { return credits.map { _ in 0 } }
        // A product is below 2^128, and its quotient at most the pool.
        return credits.map { UInt64(UInt128(pool) * UInt128($0) / total) }
    }

    /// Whether the amounts are what the credits get of the pool.
    package var dividesItsPool: Bool { Self.divide(pool, among: rows.map(\.credit)) == rows.map(\.amount) }

    package var paid: UInt64 {
        // At most the pool if the table divides it; a table of somebody else's may say anything.
        rows.reduce(0) { sum, row in
            let (next, overflow) = sum.addingReportingOverflow(row.amount)
            return overflow ? .max : next
        }
    }

    private static func isOrdered(_ rows: [Row]) -> Bool {
        !rows.isEmpty
            && zip(rows, rows.dropFirst()).allSatisfy { $0.claimHash.lexicographicallyPrecedes($1.claimHash) }
    }

    // MARK: Encoding

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = ByteReader(bytes)
        guard try reader.bytes(Self.magic.count, "magic") == Self.magic else {
            throw .invalidValue(field: "magic", reason: "this is no table of payouts")
        }
        taskID = try TaskID(from: &reader)
        pool = try reader.uint64("pool")
        unit = try reader.opaque8("unit")
        rows = try reader.list(of: Row.self)
        guard Self.isOrdered(rows) else {
            throw .invalidValue(field: "rows", reason: "they are not in the order of claim_hash, each once")
        }
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(Self.magic)
        taskID.encode(into: &writer)
        writer.write(pool)
        writer.opaque8(unit)
        writer.write(rows)
        return writer.bytes
    }
}

extension PayoutTable.Row {
    package init(from reader: inout ByteReader) throws(CodecError) {
        claimHash = try reader.bytes(32, "claim_hash")
        credit = try reader.uint64("credit")
        amount = try reader.uint64("amount")
        recipient = try reader.opaque8("recipient")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(claimHash)
        writer.write(credit)
        writer.write(amount)
        writer.opaque8(recipient)
    }
}
