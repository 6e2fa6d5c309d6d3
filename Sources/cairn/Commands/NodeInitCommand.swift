import AggregatorNode
import ArgumentParser
import DAP
import Foundation

/// `cairn node init`: a folder with configuration and keys.
struct NodeInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write the configuration and keys of a new node.",
        discussion: """
            The two operators must share two files: peer.psk and aggregator.token. Whoever sets up second puts the \
            files of the first into the folder before running this; they are kept.
            """)

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case leader, helper
    }

    @Option(help: "leader or helper.") var role: Role
    @Option(name: .customLong("dir"), help: "The folder to create.") var folder: String
    @Option(help: "HOST:PORT to listen on.") var listen: String
    @Option(help: "The URL under which others reach this node; http://LISTEN by default, on loopback.") var publicURL:
        String?
    @Option(help: "The other node's URL.") var peerURL: String
    @Option(help: "Name of the leader's log, such as example.org/cairn.") var logOrigin: String

    func run() throws {
        let publicURL = publicURL ?? "http://\(listen)"
        for (option, url) in [("--public-url", publicURL), ("--peer-url", peerURL)] {
            do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch {
                throw CommandFailure.usage("\(option): \(error)")
            }
        }
        let node = NodeFolder(
            path: folder, role: role == .leader ? .leader : .helper, listen: listen, publicURL: publicURL,
            peerURL: peerURL, logOrigin: logOrigin)
        try node.create()
        Console.print(node.configurationFile)
    }
}
