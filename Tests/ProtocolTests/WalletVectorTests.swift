import Crypto
import CryptoExtras
import DAP
import Encodings
import Foundation
import TaskTypes
import TestSupport
import Testing
import Wallet

/// `Protocols/vectors/wallet.json`: a whole wallet, with the passphrase that opens it.
@Suite struct WalletVectorTests {
    private struct Vectors: Encodable {
        var passphrase: String
        var scryptKey: String
        var frames: [Frame]
        var wallet: String
    }

    private struct Frame: Encodable {
        var salt: String
        var contents: String
    }

    private let passphrase = "correct horse battery staple"

    private func records() throws -> [[WalletRecord]] {
        let task = try #require(TaskID(counting(32, from: 1)))
        let keys = try (UInt8(0)..<3).map { ReportKey(task, try #require(ReportID(counting(16, from: 40 + 16 * $0)))) }
        let opening = ReportOpening(
            values: [0, 1, 1000], blinds: [counting(32, from: 100), counting(32, from: 200)])
        func report(_ key: ReportKey, _ state: ReportRecord.State, _ opening: ReportOpening?) -> WalletRecord {
            .report(
                ReportRecord(
                    taskID: key.taskID, reportID: key.reportID, time: 1_700_000_000, state: state, opening: opening))
        }
        return [
            [.seed(counting(32, from: 7))],
            [report(keys[0], .sent, opening), report(keys[1], .rejected("report_dropped"), nil)],
            [
                .state(keys[0], .stored), .receipt(keys[0], Array("a receipt\n".utf8)),
                .promise(keys[0], Array("a promise\n".utf8)), report(keys[2], .sent, opening), .forgotten(keys[2]),
            ],
        ]
    }

    private func encode(_ records: [WalletRecord]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(records)
        return writer.bytes
    }

    private func wallet() throws -> (vectors: Vectors, bytes: [UInt8]) {
        let salt = counting(16, from: 60)
        let key = try WalletKey(passphrase: try #require(Passphrase(passphrase)), salt: salt, parameters: .standard)
        let header = WalletHeader(walletID: counting(16, from: 50), key: key)
        let scrypt = try KDF.Scrypt.deriveKey(
            from: Array(passphrase.utf8), salt: salt, outputByteCount: 32, rounds: 1 << 17, blockSize: 8, parallelism: 1
        )
        var bytes = header.encoded()
        var frames: [Frame] = []
        for (index, records) in try records().enumerated() {
            let frameSalt = counting(32, from: UInt8(70 + 32 * index))
            bytes += try WalletFrame.seal(
                encode(records), key: key, at: WalletFrame.Place(header: header, index: UInt64(index)), salt: frameSalt)
            frames.append(Frame(salt: Hex.encode(frameSalt), contents: Hex.encode(encode(records))))
        }
        return (
            Vectors(
                passphrase: passphrase, scryptKey: scrypt.withUnsafeBytes { Hex.encode($0) }, frames: frames,
                wallet: Hex.encode(bytes)), bytes
        )
    }

    @Test func walletVectorsAreWhatTheCodeDerives() throws {
        try VectorFile.check("wallet.json", try wallet().vectors)
    }

    /// The stored file, not one that this code has just made.
    @Test func thePinnedWalletOpens() throws {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/vectors/wallet.json").standardizedFileURL
        let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        let folder = try TemporaryFolder()
        let path = folder.file("wallet")
        let stored = try #require(json["wallet"] as? String)
        let phrase = try #require(json["passphrase"] as? String)
        let bytes = try #require(Hex.decode(stored))
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let opened = try ContributorWallet(
            opening: path, passphrase: try #require(Passphrase(phrase)))
        #expect(opened.seed == counting(32, from: 7))
        let contents = try opened.contents()
        #expect(contents.history().map(\.state) == [.stored, .rejected("report_dropped")])
        #expect(contents.history()[0].opening?.values == [0, 1, 1000])
        #expect(Array(contents.receipts.values) == [Array("a receipt\n".utf8)])
        #expect(Array(contents.promises.values) == [Array("a promise\n".utf8)])
    }

    /// The page's formulas, written down a second time.
    @Test func headerAndFramesFollowThePage() throws {
        let (vectors, bytes) = try wallet()
        let key = SymmetricKey(data: try #require(Hex.decode(vectors.scryptKey)))
        func derive(_ salt: [UInt8], _ info: String, _ count: Int) -> [UInt8] {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: key, salt: salt, info: Array(info.utf8), outputByteCount: count
            ).withUnsafeBytes { Array($0) }
        }
        #expect(Array(bytes[..<16]) == Array("cairn wallet v1\n".utf8))
        #expect(Array(bytes[48..<51]) == [17, 8, 1])
        let tag = HMAC<SHA256>.authenticationCode(
            for: bytes[..<51], using: SymmetricKey(data: derive([], "cairn wallet v1 header", 32)))
        #expect(Array(bytes[51..<83]) == Array(tag))
        let headerHash = Array(SHA256.hash(data: bytes[..<83]))
        var rest = bytes[83...]
        for (index, frame) in vectors.frames.enumerated() {
            let head = Array(rest.prefix(68))
            let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
            let sealed = rest.dropFirst(68).prefix(length)
            rest = rest.dropFirst(68 + length)
            #expect(Hex.encode(head[4..<36]) == frame.salt)
            let keys = derive(Array(head[4..<36]), "cairn wallet v1 frame", 64)
            let place = headerHash + [0, 0, 0, 0, 0, 0, 0, UInt8(index)]
            let headTag = HMAC<SHA256>.authenticationCode(
                for: place + head[..<4], using: SymmetricKey(data: keys[..<32]))
            #expect(Array(head[36...]) == Array(headTag))
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12)), ciphertext: sealed.dropLast(16),
                tag: sealed.suffix(16))
            let contents = try AES.GCM.open(box, using: SymmetricKey(data: keys[32...]), authenticating: place)
            #expect(Hex.encode(contents) == frame.contents)
        }
        #expect(rest.isEmpty)
    }
}
