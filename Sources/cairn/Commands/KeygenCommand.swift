import ArgumentParser

extension KeyKind: ExpressibleByArgument {}

/// `cairn keygen`: every key that operators, owners and collectors need.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key.",
        discussion: """
            hpke     a collector's key pair: results are encrypted to it
            log      the key that signs a leader's log; --name is the log's origin
            witness  the key with which a helper cosigns the log; --name is the witness's name
            token    a bearer token between two parties
            psk      the secret that the operators of the two nodes share
            owner    the key with which a task's owner signs rounds and models

            The secret goes to FILE, readable by you only; the public part is printed and goes to FILE.pub.
            """)

    struct Output: Encodable {
        let kind: String
        let file: String
        let publicPart: String?
    }

    @Argument(help: "hpke, log, witness, token, psk or owner.") var kind: KeyKind
    @Option(name: .customLong("out"), help: "The file to create.") var file: String
    @Option(help: "Name of a log or witness key, such as example.org/cairn.") var name: String?
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        // Whoever has seen a secret pass by has it, and there would be no place for the public part.
        if UserFile.isStream(file) { throw ValidationError("A key is kept in a file: name one with --out.") }
        if kind.isNamed, name == nil { throw ValidationError("A \(kind.rawValue) key needs --name NAME.") }
        if !kind.isNamed, name != nil { throw ValidationError("A \(kind.rawValue) key has no name: leave out --name.") }
    }

    func run() throws {
        let publicPart = try kind.create(at: file, name: name)
        if json {
            try JSONOutput.print(Output(kind: kind.rawValue, file: file, publicPart: publicPart))
        } else if let publicPart {
            Console.print(publicPart)
        }
        if !json { NextStep.tell(kind.whereItGoes(file)) }
    }
}
