import ArgumentParser
import DAP
import Encodings
import Foundation
import Ledger
import Wallet

/// `cairn promise`: what the leader signed when it took a report.
struct PromiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promise", abstract: "Hold the leader to its word.",
        subcommands: [PromiseShowCommand.self, PromiseVerifyCommand.self])
}

/// `cairn promise show`: a promise as a file, to hand to others.
struct PromiseShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the leader's promise about a report.",
        discussion: "It holds nothing secret, and convicts a leader that lost the report: see `cairn promise verify`.")

    @Option(
        parsing: .unconditional, help: "The report's id, from `cairn receipt list`.", transform: ReportArgument.parse)
    var report: ReportID

    func run() throws {
        StandardOutput.shared.write(String(decoding: try Self.held(report), as: UTF8.self).safeForTerminals)
    }

    /// The promise that the wallet has about a report.
    static func held(_ id: ReportID) throws -> [UInt8] {
        let promises = try WalletAccess.open().wallet.contents().promises
        guard let promise = promises.first(where: { $0.key.reportID == id })?.value else {
            throw CommandFailure("the wallet has no promise about the report \(id.base64URL)")
        }
        return promise
    }
}
