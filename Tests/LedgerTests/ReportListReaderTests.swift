import DAP
import Ledger
import Tasks
import Testing

@Suite struct ReportListReaderTests {
    private static let proposal = CloseProposal(
        selector: .leaderSelected(BatchID(unchecked: [UInt8](repeating: 9, count: 32))), checkpointSize: 77,
        reportIDs: (0..<5).map { ReportID(unchecked: [UInt8](repeating: $0, count: 16)) })

    private func read(
        _ message: [UInt8], inPiecesOf size: Int
    ) throws(CodecError) -> (reader: ReportListReader<CloseProposal.Head>, ids: [ReportID]) {
        var reader = ReportListReader(CloseProposal.Head.init(from:))
        var ids: [ReportID] = []
        var start = 0
        while start < message.count {
            let end = min(start + size, message.count)
            try reader.append(message[start..<end])
            ids += reader.takeIDs()
            start = end
        }
        try reader.finish()
        return (reader, ids)
    }

    /// However the bytes come, the same comes out as of the whole message.
    @Test func piecesOfAnySizeGiveTheWholeMessage() throws {
        let message = Self.proposal.encoded()
        for size in 1...message.count {
            let (reader, ids) = try read(message, inPiecesOf: size)
            #expect(reader.head?.selector == Self.proposal.selector)
            #expect(reader.head?.checkpointSize == 77)
            #expect(reader.count == 5)
            #expect(ids == Self.proposal.reportIDs, "in pieces of \(size)")
        }
        var empty = Self.proposal
        empty.reportIDs = []
        #expect(try read(empty.encoded(), inPiecesOf: 7).ids.isEmpty)
    }

    /// What the decoder of the whole message refuses is refused, for the same reason.
    @Test func damagedMessagesAreRefusedLikeWholeOnes() throws {
        let whole = Self.proposal.encoded()
        var messages = (0..<whole.count).map { Array(whole[..<$0]) }
        messages.append(whole + [0])
        for index in [0, 1, 2, whole.count - 5 * 16 - 1] {
            var changed = whole
            changed[index] ^= 1
            messages.append(changed)
        }
        for message in messages {
            let expected = #expect(throws: CodecError.self) { try CloseProposal(decoding: message) }
            for size in [1, 16, 1_000] {
                let error = #expect(throws: CodecError.self) { try read(message, inPiecesOf: size) }
                switch (error, expected) {
                case (.trailingBytes, .trailingBytes), (.truncated, .truncated), (.truncated, .trailingBytes):
                    break
                default: #expect(error == expected, "\(message.count) bytes in pieces of \(size)")
                }
            }
        }
    }

    /// A head is what the messages that are encoded at once begin with.
    @Test func headsAreThoseOfTheMessages() throws {
        let head = try CloseProposal.Head(selector: Self.proposal.selector, checkpointSize: 77).encoded(reports: 5)
        #expect(head + Self.proposal.reportIDs.flatMap(\.bytes) == Self.proposal.encoded())
        let comparison = BatchComparison(selector: Self.proposal.selector, reportIDs: Self.proposal.reportIDs)
        let start = try BatchComparison.head(selector: Self.proposal.selector, reports: 5)
        #expect(start + Self.proposal.reportIDs.flatMap(\.bytes) == comparison.encoded())
    }

    /// A list's length has 32 bits: a batch that does not fit is an error, and no trap and no other length.
    @Test func aListIsAsLongAsItsLengthCanSay() throws {
        let head = CloseProposal.Head(selector: Self.proposal.selector, checkpointSize: 77)
        let most = TaskConfiguration.largestBatch
        #expect(try ReportList.length(of: most) == .max - 15)
        #expect(try head.encoded(reports: most).suffix(4) == [0xff, 0xff, 0xff, 0xf0])
        for count in [most + 1, 1 << 32, 1 << 60, .max] {
            #expect(throws: CodecError.self) { try head.encoded(reports: count) }
            #expect(throws: CodecError.self) {
                try BatchComparison.head(selector: Self.proposal.selector, reports: count)
            }
        }
    }
}
