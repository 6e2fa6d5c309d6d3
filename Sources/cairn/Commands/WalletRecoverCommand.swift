import ArgumentParser
import Contributor
import Foundation
import Wallet

/// `cairn wallet recover`: what the log still knows when the wallet is lost.
struct WalletRecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Rebuild history and receipts from the log and a seed.",
        discussion: """
            Finds the reports whose claim keys derive from the seed, with their receipts; `cairn credit` can then claim \
            unit credit for them. Inputs are in no log: other credit needs a backup. Where there is no wallet, one with this \
            seed is made, if the log has a report of it. Repeat it for every task.
            """)

    struct Output: Encodable {
        let path: String
        /// Reports of the task that are this seed's.
        let reports: Int
        /// Facts about them that the wallet did not have.
        let added: Int
    }

    @Option(help: "The seed, as `cairn wallet seed` printed it; the wallet's own by default.") var seedFile: String?
    @OptionGroup var task: TaskReference
    @Option(help: "The log's URL or folder; where the task file says by default.") var log: String?
    @OptionGroup var network: NetworkOptions
    @OptionGroup var weak: WeakPassphraseOption
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let file = try task.load()
        guard let place = log ?? file.logURL else { throw CommandFailure("the task \(file.name) has no log") }
        let home = try ContributorHome.standard()
        let wallet = try existingWallet(home)
        let given = try seedFile.map(SeedFile.read)
        if let wallet, let given, wallet.seed != given { throw WalletError.otherSeed(path: seedFile ?? "") }
        guard let seed = given ?? wallet?.seed else { throw WalletError.missing(path: home.walletPath) }
        let recovery = WalletRecovery(task: file, source: try LogPlace(place).source(.speaking))
        let found = try await recovery.find(seed: seed)
        guard found.reports > 0 else {
            // A wallet made now would be in the way of the right seed.
            throw CommandFailure(
                "the log of \(file.name) has no report of \(seedFile.map { "the seed in \($0)" } ?? "this wallet")",
                advice: (wallet == nil ? "No wallet was made" : "The wallet is as it was")
                    + ". Check that it is the right seed and the right task; the log has no reports of open batches.")
        }
        let target =
            try wallet
            ?? home.createWallet(
                seed: seed, passphrase: try WalletAccess.ask(.create, path: home.walletPath, weak: weak.rule))
        let added = try recovery.add(found, to: target)
        if json { return try JSONOutput.print(Output(path: target.path, reports: found.reports, added: added)) }
        Console.print("\(target.path)  \(found.reports) reports of yours in \(file.name), \(added) facts added")
    }

    private func existingWallet(_ home: ContributorHome) throws -> ContributorWallet? {
        guard seedFile == nil || FileManager.default.fileExists(atPath: home.walletPath) else { return nil }
        return try WalletAccess.open().wallet
    }
}
