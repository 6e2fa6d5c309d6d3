import DAP

/// What the public check needs of one report leaf.
///
/// An audit keeps one for every report of a task, because what comes behind it in the log may still take it out. That is
/// what its memory grows with: 192 bytes, for which it has no storage elsewhere, and some 50 for the table of report ids;
/// half as much again while these have room to grow.
struct LoggedLeaf {
    private let id: UInt128
    private let hash: Bytes32
    private let leader: Bytes32
    private let helper: Bytes32
    private let key: Bytes32
    private let hasKey: Bool
    private let isSigned: Bool
    /// Position in the log.
    let index: UInt64
    let time: UInt64
    let batchID: BatchID?
    var isRejected = false
    var isWithdrawn = false
    var isClosed = false

    /// - Parameters:
    ///   - bucket: the one that the report falls into.
    ///   - isSigned: whether its claim key has signed its commitments.
    init(_ report: ReportEntry, in bucket: TaskLedger.Bucket, at index: UInt64, leafHash: [UInt8], isSigned: Bool) {
        id = report.metadata.reportID.packed
        hash = Bytes32(leafHash)
        leader = Bytes32(report.leaderCommitment)
        helper = Bytes32(report.helperCommitment)
        let named = report.metadata.claimKey?.publicKey
        key = Bytes32(named ?? [])
        hasKey = named != nil
        self.isSigned = isSigned
        self.index = index
        time = report.metadata.time
        if case .batch(let id) = bucket { batchID = id } else { batchID = nil }
    }

    var reportID: ReportID { ReportID(packed: id) }
    var leafHash: [UInt8] { hash.bytes }
    var leaderCommitment: [UInt8] { leader.bytes }
    var helperCommitment: [UInt8] { helper.bytes }
    /// Who may withdraw it: the key that the leaf names.
    var namedClaimKey: [UInt8]? { hasKey ? key.bytes : nil }
    /// The same, if its signature over the commitments holds.
    var claimKey: [UInt8]? { isSigned ? namedClaimKey : nil }
    /// Neither rejected nor withdrawn.
    var counts: Bool { !isRejected && !isWithdrawn }
}

/// 32 bytes in place.
private struct Bytes32 {
    private let low: UInt128
    private let high: UInt128

    /// Of fewer bytes, the rest is zero.
    init(_ bytes: [UInt8]) {
        low = UInt128(littleEndianBytes: bytes.prefix(16))
        high = UInt128(littleEndianBytes: bytes.dropFirst(16).prefix(16))
    }

    var bytes: [UInt8] { low.littleEndianBytes + high.littleEndianBytes }
}

extension ReportID {
    /// The identifier as a number, which takes a table a third of the room.
    var packed: UInt128 { UInt128(littleEndianBytes: bytes[...]) }

    init(packed: UInt128) { self.init(unchecked: packed.littleEndianBytes) }
}

extension UInt128 {
    fileprivate init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reversed().reduce(0) { $0 << 8 | UInt128($1) }
    }

    fileprivate var littleEndianBytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<16 {
                buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: self >> (8 * index)))
            }
            count = 16
        }
    }
}
