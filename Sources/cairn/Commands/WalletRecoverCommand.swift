import ArgumentParser
import Contributor
import DAP
import Foundation
import Wallet

/// `cairn wallet recover`: what the log still knows when the wallet is lost.
struct WalletRecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Rebuild history and receipts from the log and a seed.",
        discussion: """
            Finds the reports whose claim keys derive from the seed, with their receipts; `cairn credit` can then claim \
            unit credit for them. Inputs are in no log: other credit needs a backup. Where there is no wallet, one with this \
            seed is made. Repeat it for every task.
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
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let file = try task.load()
        guard let place = log ?? file.logURL else { throw CommandFailure("the task \(file.name) has no log") }
        let wallet = try wallet()
        let recovery = WalletRecovery(task: file, source: try LogLocation.source(place))
        let (reports, added) = try await recovery.recover(into: wallet)
        if json { return try JSONOutput.print(Output(path: wallet.path, reports: reports, added: added)) }
        Console.print("\(wallet.path)  \(reports) reports of yours in \(file.name), \(added) facts added")
    }

    private func wallet() throws -> ContributorWallet {
        let home = ContributorHome.standard()
        guard let seedFile else { return try WalletAccess.open().wallet }
        let seed = try SeedFile.read(seedFile)
        guard !FileManager.default.fileExists(atPath: home.walletPath) else {
            let wallet = try WalletAccess.open().wallet
            guard wallet.seed == seed else { throw WalletError.otherSeed(path: seedFile) }
            return wallet
        }
        return try home.createWallet(seed: seed, passphrase: try WalletAccess.ask(.create, path: home.walletPath))
    }
}
