import AggregatorNode
import ArgumentParser
import DAP
import Datastore
import Encodings
import Foundation
import TransparencyLog

/// `cairn node init`: a folder with configuration and keys.
struct NodeInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write the configuration and keys of a new node.",
        discussion: """
            The operator of the leader begins:

              cairn node init --role leader --dir leader --listen 127.0.0.1:8301 \\
                  --public-url https://leader.example.org/ \\
                  --peer-url https://helper.example.com/ --log-origin example.org/cairn

            That makes the secrets which both nodes share, and leader/helper.invitation with a copy of them for the other \
            operator, who needs nothing else:

              cairn node init --invitation helper.invitation --dir helper \\
                  --listen 127.0.0.1:8302

            Whoever sets up second never makes these secrets: two nodes with different ones refuse each other. The command \
            says which files stay and which go to whom. It can be repeated: keys and configuration that are there are kept \
            and never overwritten; an invitation is made anew where what it says has changed.

            Everywhere but on loopback URLs are https, and something that speaks TLS stands in front of the node and \
            passes requests on to --listen.
            """)

    enum Role: String, ExpressibleByArgument, CaseIterable {
        case leader, helper

        var role: NodeRole { self == .leader ? .leader : .helper }
    }

    struct Output: Encodable {
        struct File: Encodable {
            let path: String
            /// `here`, `leader`, `helper` or `collector`.
            let goesTo: String
            let secret: Bool
            /// False where the file was there before.
            let made: Bool
        }

        let configuration: String
        let files: [File]
    }

    @Option(help: "leader or helper; an invitation says which.") var role: Role?
    @Option(name: .customLong("dir"), help: "The folder to create.") var folder: String
    @Option(help: "HOST:PORT to listen on.") var listen: String
    @Option(help: "The URL under which others reach this node; http://LISTEN by default, on loopback.") var publicURL:
        String?
    @Option(help: "The other node's URL.") var peerURL: String?
    @Option(help: "Name of the leader's log, such as example.org/cairn.") var logOrigin: String?
    @Option(help: "The file that the other operator's `cairn node init` made for you.") var invitation: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard ListenAddress(listen) != nil else { throw ValidationError("--listen \(listen): \(ListenAddress.form).") }
        guard invitation == nil else { return }
        let missing = [("--role", role == nil), ("--peer-url", peerURL == nil), ("--log-origin", logOrigin == nil)]
            .filter(\.1).map(\.0)
        guard missing.isEmpty else {
            throw ValidationError(
                "\(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") missing. Or give --invitation, "
                    + "if the other operator has sent you one.")
        }
    }

    func run() throws {
        let invited = try invitation.map(NodeInvitation.read)
        let role = try agreed(role?.rawValue, invited?.role, "--role")
        let node = try NodeFolder(
            path: folder, role: role == "leader" ? .leader : .helper,
            listen: listen, publicURL: Self.checked(publicURL(invited), "--public-url"),
            peerURL: Self.checked(agreed(peerURL, invited?.peerUrl, "--peer-url"), "--peer-url"),
            logOrigin: agreed(logOrigin, invited?.logOrigin, "--log-origin"))
        guard NoteVerifier.isValidName(node.logOrigin) else {
            throw CommandFailure.usage(
                "--log-origin \(node.logOrigin.quotedForPeople) cannot be a log's name",
                advice: "Write a name without spaces and '+', such as example.org/cairn.")
        }
        guard BaseURL(node.publicURL) != BaseURL(node.peerURL) else {
            throw CommandFailure.usage(
                "--public-url and --peer-url are the same", advice: "One is this node's, the other one its peer's.")
        }
        guard invited != nil || node.role == .leader || node.hasSharedSecrets else {
            throw CommandFailure(
                "the helper's folder is made from the leader's invitation, and none was given",
                advice:
                    "The leader's operator gets helper.invitation from `cairn node init --role leader`; give it with "
                    + "--invitation. (Nothing was made: a secret of your own would fit no leader.)")
        }
        let outcome = try node.create(invitation: invited)
        let files = Self.files(of: node, outcome, isFirst: invited == nil)
        if json { return try JSONOutput.print(Output(configuration: node.configurationFile, files: files)) }
        for line in Self.page(of: node, files) { Console.print(line) }
        if let note = Self.note(listen: listen, publicURL: node.publicURL) { Console.error("cairn: note: \(note)") }
        NextStep.tell("start it", PrintedCommand("node", "run").option("--config", node.configurationFile))
        if invited == nil, node.role == .leader {
            NextStep.tell(
                "the other operator",
                PrintedCommand("node", "init").option("--invitation", node.invitationName).option("--dir", "helper")
                    .option("--listen", "HOST:PORT"))
        }
    }

    /// An option's value, which must be the invitation's where both say something.
    private func agreed(_ own: String?, _ invited: String?, _ option: String) throws -> String {
        guard let own else { return invited ?? "" }
        guard let invited, invited != own else { return own }
        if let mine = BaseURL(own), mine == BaseURL(invited) { return own }
        throw CommandFailure.usage(
            "\(option) is \(own), and the invitation says \(invited)",
            advice: "Leave the option out, or have the other operator make an invitation that fits.")
    }

    private func publicURL(_ invited: NodeInvitation?) throws -> String {
        if publicURL != nil || invited != nil { return try agreed(publicURL, invited?.publicUrl, "--public-url") }
        let own = "http://\(listen)/"
        guard EndpointRule.isAllowed(own) else {
            throw CommandFailure.usage(
                "--public-url is missing: \(listen) is no address that others could reach by plain http",
                advice: "Give the https URL under which the node will be found.")
        }
        return own
    }

    /// A URL that others can use as it stands.
    private static func checked(_ url: String, _ option: String) throws -> String {
        guard url.contains("://") else {
            let scheme = EndpointRule.isAllowed("http://\(url)") ? "http" : "https"
            throw CommandFailure.usage("\(option) \(url) has no scheme", advice: "Write \(scheme)://\(url)")
        }
        do throws(InsecureEndpoint) { try EndpointRule.check(url) } catch {
            throw CommandFailure.usage("\(option): \(error)")
        }
        guard BaseURL(url) != nil else {
            throw CommandFailure.usage(
                "\(option) \(url) is not the URL of a node",
                advice: "Write https://HOST, https://HOST:PORT or with a path.")
        }
        return url
    }

    /// What is odd about a node that others look for, by plain http, at another port than it listens on.
    static func note(listen: String, publicURL: String) -> String? {
        guard let listening = ListenAddress(listen), let address = try? WebAddress(publicURL), address.scheme == .http,
            address.port != listening.port
        else { return nil }
        return "others look for this node at \(publicURL), and it listens on \(listen): unless a proxy is between, one "
            + "of the two ports is wrong"
    }

    private static func files(of node: NodeFolder, _ outcome: NodeFolder.Outcome, isFirst: Bool) -> [Output.File] {
        (outcome.made + outcome.kept).sorted().map { name in
            let goesTo =
                name == "collector.token" ? "collector" : name == node.invitationName ? node.role.peer.rawValue : "here"
            let isSecret = !name.hasSuffix(".yaml")
            return Output.File(
                path: node.path == "." ? name : "\(node.path)/\(name)", goesTo: goesTo, secret: isSecret,
                made: outcome.made.contains(name))
        }
    }

    /// For people: what lies where, and what goes to whom.
    private static func page(of node: NodeFolder, _ files: [Output.File]) -> [String] {
        var lines: [String] = []
        for (place, title) in [
            ("here", "stay here, the keys readable by you only:"),
            (node.role.peer.rawValue, "goes to the \(node.role.peer.rawValue)'s operator, where nobody else reads it:"),
            ("collector", "stays here, too, and a copy goes to whoever collects results, likewise:"),
        ] {
            let own = files.filter { $0.goesTo == place }
            if own.isEmpty { continue }
            lines.append(title)
            lines += own.map { "  \($0.path)\($0.made ? "" : "  (was there)")" }
        }
        return lines
    }
}
