import DAP
import Encodings
import NodeAPI
import Requests
import TransparencyLog
import Wallet

extension TaskClient {
    /// Shows both nodes the newest checkpoint of their log that a wallet has, from its receipts.
    ///
    /// A node that was restored from a backup sees its own signature under more than it remembers, and stops before it
    /// takes anything. Where leader and helper were restored together, only their contributors know better. A node
    /// that cannot be reached is not waited for: the upload will say so.
    package nonisolated func showNewestCheckpoint(of wallet: ContributorWallet) async throws {
        guard let checkpoint = try newestCheckpoint(in: wallet) else { return }
        let patience = HTTPTransport(deadline: .zero, attemptTimeout: .seconds(2))
        await withTaskGroup(of: Void.self) { group in
            for node in [leaderURL, file.configuration.helperURL] {
                group.addTask {
                    _ = try? await patience.send(
                        WebRequest(API.checkpoints, at: node, body: .bytes(checkpoint.serialized())))
                }
            }
        }
    }

    private nonisolated func newestCheckpoint(in wallet: ContributorWallet) throws -> SignedCheckpoint? {
        guard let log = task.cairn?.logKey, let origin = try? NoteVerifier(vkey: log).name else { return nil }
        var newest: SignedCheckpoint?
        try wallet.forEachRecord { record in
            guard case .receipt(_, let text) = record, let found = try? TlogProof(parsing: text).checkpoint,
                ProtocolText.same(found.checkpoint.origin, origin), found.checkpoint.size > newest?.checkpoint.size ?? 0
            else { return }
            newest = found
        }
        return newest
    }
}
