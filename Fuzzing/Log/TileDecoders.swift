import Foundation
import TransparencyLog

extension Decoder {
    /// The binary side of a log: tiles, bundles, ranges, proofs, and a reader against a log that lies.
    static let tiles: [Decoder] = [tilePath, entryBundle, compactRange, merkleProofs, logReader]

    private static let tilePath = Decoder(
        "tile-path", maximumLength: 100,
        seeds: { _ in
            [
                "tile/0/x001/x234/067", "tile/63/000.p/255", "tile/entries/999",
                "tile/1/x018/x446/x744/x073/x709/x551/615",
            ]
            .map { Array($0.utf8) }
        },
        run: { input in
            guard let text = String(validating: input, as: UTF8.self) else { return }
            canonical(input, "tile path", { _ in try Tile(parsing: text) }) { Array($0.path.utf8) }
        })

    /// The first byte is the number of entries that the path promises, less one.
    private static let entryBundle = Decoder(
        "entry-bundle", maximumLength: 2048,
        seeds: { generator in
            [
                [0] + (try EntryBundle.encode([generator.bytes(20)])),
                [2] + (try EntryBundle.encode([[], generator.bytes(1), generator.bytes(300)])),
                [255] + (try EntryBundle.encode((0..<256).map { _ in generator.bytes(1) })),
            ]
        },
        run: { input in
            let bytes = Array(input.dropFirst())
            for count in [Int(input.first ?? 0) + 1, .max] {
                canonical(bytes, "entry bundle", { try EntryBundle.decode($0, count: count) }) {
                    (try? EntryBundle.encode($0)) ?? []
                }
            }
        })

    private static let compactRange = Decoder(
        "compact-range", maximumLength: 8 + 64 * 32,
        seeds: { generator in
            [0, 1, 7, 255].map { count in
                var range = CompactRange()
                for _ in 0..<count { range.append(leafHash: generator.bytes(32)) }
                return range.encoded()
            }
        },
        run: { input in
            guard
                var range = canonical(
                    input, "compact range", { (bytes) throws(MerkleError) in try CompactRange(decoding: bytes) },
                    { $0.encoded() })
            else { return }
            range.append(leafHash: range.root)
            guard let again = try? CompactRange(decoding: range.encoded()), again.root == range.root else {
                broken("a range goes on where it was saved", by: input)
            }
        })

    /// Sizes, positions and hashes of the attacker's choice. The tree's root is fixed, so nothing but the true proof may
    /// pass.
    private static let merkleProofs = Decoder(
        "merkle-proofs", maximumLength: 16 + 64 * 32,
        seeds: { _ in
            let receipt = SampleLog.shared.receipt
            return [
                bigEndian(receipt.index) + bigEndian(receipt.checkpoint.checkpoint.size)
                    + receipt.inclusionProof.flatMap { $0 },
                bigEndian(256) + bigEndian(260) + receipt.inclusionProof.flatMap { $0 },
            ]
        },
        run: { input in
            var reader = InputReader(input)
            let (first, second) = (reader.uint64(), reader.uint64())
            let rest = reader.remaining()
            let hashes = stride(from: 0, to: rest.count, by: 32).map { Array(rest[$0..<min($0 + 32, rest.count)]) }
            let log = SampleLog.shared
            let root = log.checkpoint.checkpoint.root
            let leaf = MerkleTree.leafHash(log.entries[log.entries.count - 1])
            let isIncluded =
                (try? MerkleTree.verifyInclusion(
                    leafHash: leaf, index: first, proof: hashes, in: TreeHead(size: second, root: root))) != nil
            if isIncluded, hashes != log.receipt.inclusionProof { broken("one proof shows a leaf", by: input) }
            _ = try? MerkleTree.verifyConsistency(
                from: TreeHead(size: first, root: leaf), to: TreeHead(size: second, root: root), proof: hashes)
        })

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        [56, 48, 40, 32, 24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// One file of the log is replaced by the input. A reader says so, or gives the true entries.
    private static let logReader = Decoder(
        "log-reader", maximumLength: 9000,
        seeds: { _ in LyingSource.names.indices.map { [UInt8($0)] + (LyingSource.honest[LyingSource.names[$0]] ?? []) }
        },
        run: { input in
            let source = LyingSource(replaced: Int(input.first ?? 0), by: Array(input.dropFirst()))
            let head = SampleLog.shared.checkpoint.checkpoint.head
            let done = DispatchSemaphore(value: 0)
            Task {
                let reader = LogReader(source: source, head: head)
                var read: [[UInt8]] = []
                do {
                    for try await entry in reader.entries(0..<head.size) { read.append(entry.bytes) }
                    _ = try await reader.inclusionProof(index: 3)
                    _ = try await reader.consistencyProof(from: 100)
                } catch {
                    describe(error)
                }
                guard read.elementsEqual(SampleLog.shared.entries.prefix(read.count)) else {
                    broken("a reader gives true entries or none", by: input)
                }
                done.signal()
            }
            done.wait()
        })
}

/// The sample log's files, one of them replaced.
private struct LyingSource: TileSource {
    let replaced: Int
    let by: [UInt8]

    init(replaced: Int, by bytes: [UInt8]) {
        self.replaced = replaced
        by = bytes
    }

    func tile(path: String) async throws -> [UInt8] {
        if path == Self.names[replaced % Self.names.count] { return by }
        guard let bytes = Self.honest[path] else { throw TileSourceError.notFound(path: path) }
        return bytes
    }

    static let names = ["tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/4"]

    static let honest: [String: [UInt8]] = {
        let entries = SampleLog.shared.entries
        let hashes = entries.map { MerkleTree.leafHash($0) }
        let (first, last) = (Array(hashes[..<256]), Array(hashes[256...]))
        return required {
            [
                names[0]: first.flatMap { $0 }, names[1]: last.flatMap { $0 },
                names[2]: MerkleTree.root(leafHashes: first), names[3]: try EntryBundle.encode(Array(entries[..<256])),
                names[4]: try EntryBundle.encode(Array(entries[256...])),
            ]
        }
    }()
}
