import ArgumentParser

/// `cairn receipt`: what a contributor holds in its hand.
struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "List, fetch and verify receipts.",
        subcommands: [ReceiptListCommand.self, ReceiptFetchCommand.self, ReceiptVerifyCommand.self])
}
