import DAP
import TaskTypes
import Wallet

extension Decoder {
    /// A contributor's wallet: header, frames, and the records in them.
    static let wallet: [Decoder] = [walletHeader, walletFrames, walletRecords]

    private static let walletHeader = Decoder(
        "wallet-header", maximumLength: WalletHeader.size + 8, seeds: { _ in [SampleWallet.header.encoded()] },
        run: { input in
            let header = canonical(input, "a wallet's header", { try WalletHeader(decoding: $0) }) { $0.encoded() }
            if let header, header != SampleWallet.header, header.isAuthentic(under: SampleWallet.key) {
                broken("only the header that was made authenticates", by: input)
            }
        })

    /// What follows the header, read with the key. Nothing opens but what was sealed, where it was sealed.
    private static let walletFrames = Decoder(
        "wallet-frames", maximumLength: 1024,
        seeds: { _ in
            let frames = try SampleWallet.frames()
            return [
                frames.flatMap { $0 }, frames[0], frames[1], frames[0] + [UInt8](repeating: 0, count: 300),
                frames[0] + frames[1].dropLast(9),
            ]
        },
        run: { input in
            let source = ArrayBytes(bytes: SampleWallet.header.encoded() + input)
            var scan = FrameScan(header: SampleWallet.header, key: SampleWallet.key)
            var opened = 0
            do {
                while let contents = try scan.next(in: source) {
                    guard opened < SampleWallet.contents.count, contents == SampleWallet.contents[opened] else {
                        broken("only sealed frames open, in their order", by: input)
                    }
                    opened += 1
                }
            } catch {
                describe(error)
            }
            guard scan.place.index == UInt64(opened), scan.end <= UInt64(source.bytes.count) else {
                broken("the scan stands behind the last frame that opened", by: input)
            }
        })

    private static let walletRecords = Decoder(
        "wallet-records", maximumLength: 1024, seeds: { _ in SampleWallet.contents },
        run: { input in
            let records = canonical(
                input, "a frame's contents",
                { bytes in
                    var reader = ByteReader(bytes)
                    return try reader.list(of: WalletRecord.self)
                },
                {
                    var writer = ByteWriter()
                    writer.write($0)
                    return writer.bytes
                })
            guard let records else { return }
            do {
                // A wallet that is copied says the same.
                let contents = try WalletContents([.seed(SampleWallet.seed)] + records)
                guard try WalletContents(contents.records()).records() == contents.records(),
                    contents.missing(from: contents).isEmpty
                else { broken("a copied wallet has the same records", by: input) }
            } catch {
                describe(error)
            }
        })
}

/// A small wallet that is always the same.
private enum SampleWallet {
    static let key = WalletKey(
        secret: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16), parameters: .standard)
    static let header = WalletHeader(walletID: [UInt8](repeating: 3, count: 16), key: key)
    static let seed = [UInt8](repeating: 4, count: 32)

    static let contents: [[UInt8]] = {
        let key = ReportKey(
            TaskID(unchecked: [UInt8](repeating: 5, count: 32)), ReportID(unchecked: [UInt8](repeating: 6, count: 16)))
        let opening = ReportOpening(
            values: [1, 0, 300], blinds: [UInt8(7), 8].map { [UInt8](repeating: $0, count: 32) })
        let source = SourceID([UInt8](repeating: 15, count: SourceID.size))
        let record = ReportRecord(
            taskID: key.taskID, reportID: key.reportID, time: 9, state: .sent, opening: opening)
        let groups: [[WalletRecord]] = [
            [.seed(seed)],
            [
                .report(record), .state(key, .rejected("report_dropped")), .receipt(key, [10, 11]),
                .promise(key, [12]), .forgotten(key), .doubt(key, .counts),
            ],
            [.task([13, 14])], [.end(frames: 3)],
            [
                .report(record), .doubt(key, .takenBack),
                .source(
                    RowSource(
                        key: RowSource.Key(key.taskID, source), path: "/rows.csv", columns: "v", rows: 3,
                        contents: [UInt8](repeating: 13, count: 32))),
                .row(
                    key,
                    ReportRow(
                        sourceID: source, row: 1, line: 2, generation: 0, digest: [UInt8](repeating: 14, count: 32))),
            ],
        ]
        return groups.map { records in
            var writer = ByteWriter()
            writer.write(records)
            return writer.bytes
        }
    }()

    static func frames() throws -> [[UInt8]] {
        try contents.enumerated().map { index, contents in
            try WalletFrame.seal(
                contents, key: key, at: WalletFrame.Place(header: header, index: UInt64(index)),
                salt: [UInt8](repeating: UInt8(20 + index), count: 32))
        }
    }
}

private struct ArrayBytes: WalletBytes {
    let bytes: [UInt8]
    var path: String { "input" }

    func size() -> UInt64 { UInt64(bytes.count) }

    func bytes(at offset: UInt64, count: Int) -> [UInt8] { Array(bytes[Int(offset)..<Int(offset) + count]) }
}
