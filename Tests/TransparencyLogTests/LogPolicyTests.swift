// Policy files: the grammar as a table of mistakes, the quorum as a table of signers.

import Testing
import TransparencyLog

@Suite struct LogPolicyTests {
    static let header = """
        log \(Fixture.log.verifier.vkey)
        witness helper \(Fixture.helper.verifier.vkey) https://helper.example/
        witness other \(Fixture.other.verifier.vkey)
        witness third \(Fixture.third.verifier.vkey)

        """

    private func parse(_ text: String) throws(PolicyError) -> LogPolicy {
        try LogPolicy(parsing: Array(text.utf8))
    }

    @Test func everyPartOfAPolicyIsRead() throws {
        let policy = try parse(
            """
            # who we trust
            \tlog  \(Fixture.log.verifier.vkey)\thttps://log.example/

              # a comment
            witness helper \(Fixture.helper.verifier.vkey) https://helper.example/
            witness ötherß \(Fixture.other.verifier.vkey)
            group both 2 helper ötherß
            quorum both
            """)
        #expect(policy.logs.map(\.verifier) == [Fixture.log.verifier])
        #expect(policy.logs[0].url == "https://log.example/")
        #expect(policy.witnesses.map(\.name) == ["helper", "ötherß"])
        #expect(policy.witnesses.map(\.url) == ["https://helper.example/", nil])
        #expect(policy.groups.map(\.threshold) == [2])
        #expect(policy.groups[0].members == [.witness(0), .witness(1)])
        #expect(policy.quorum == .group(0))
    }

    @Test(arguments: [
        ("quorum none", []),
        ("quorum helper", ["helper"]),
        ("group g all helper other third\nquorum g", ["helper other third"]),
        ("group g any helper other third\nquorum g", ["helper", "other", "third"]),
        ("group g 2 helper other third\nquorum g", ["helper other", "helper third", "other third"]),
        ("group g any helper other\ngroup h all g third\nquorum h", ["helper third", "other third"]),
        ("group g 1 helper\nquorum g", ["helper"]),
    ])
    func quorumIsMetExactlyByTheSetsTheRuleNames(rule: String, minimal: [String]) throws {
        let policy = try parse(Self.header + rule + "\n")
        let cosigners = [("helper", Fixture.helper), ("other", Fixture.other), ("third", Fixture.third)]
        for subset in 0..<8 {
            let present = cosigners.enumerated().filter { subset >> $0.offset & 1 == 1 }.map(\.element)
            let names = Set(present.map(\.0))
            let sets = minimal.map { Set($0.split(separator: " ").map(String.init)) }
            let isMet = minimal.isEmpty || sets.contains { $0.isSubset(of: names) }
            let verdict = policy.evaluate(try Fixture.checkpoint(Fixture.head(5), cosigners: present.map(\.1)))
            let failure = isMet ? nil : verdict.quorum.map { PolicyFailure.quorumNotMet(name: $0) }
            #expect(verdict.failure == failure, "\(rule) with \(names)")
            #expect(verdict.isAccepted == isMet, "\(rule) with \(names)")
            for witness in verdict.witnesses {
                #expect(witness.outcome == (names.contains(witness.name) ? .valid(timestamp: 1_700_000_000) : .missing))
            }
        }
    }

    @Test func verdictShowsEveryKeyAndItsTime() throws {
        let policy = try parse(Self.header + "group g 2 helper other third\nquorum g\n")
        let verdict = policy.evaluate(try Fixture.checkpoint(Fixture.head(5), cosigners: [Fixture.third]))
        #expect(verdict.groups.map(\.present) == [1])
        #expect(
            verdict.description == """
                log log.example/cairn: signed
                witness helper (helper.example/w): no signature
                witness other (other.example/w): no signature
                witness third (third.example/w): signed at 2023-11-14 22:13:20 UTC
                group g: 1 of 3, needs 2, not met
                refused: too few cosignatures for the quorum g
                """)
    }

    @Test func oneBadSignatureByAPolicyKeySpoilsAnAcceptableCheckpoint() throws {
        let policy = try parse(Self.header + "quorum helper\n")
        var checkpoint = try Fixture.checkpoint(Fixture.head(5), cosigners: [Fixture.helper])
        #expect(policy.evaluate(checkpoint).isAccepted)
        try checkpoint.append(Fixture.other.cosign(Fixture.checkpoint(Fixture.head(6)).checkpoint, timestamp: 1))
        let verdict = policy.evaluate(checkpoint)
        #expect(verdict.failure == .badSignature(keyName: "other.example/w"))
        #expect(verdict.witnesses.map(\.outcome) == [.valid(timestamp: 1_700_000_000), .invalid, .missing])
    }

    @Test func logMustBeKnownAndMustHaveSigned() throws {
        let checkpoint = try Fixture.checkpoint(Fixture.head(5), cosigners: [Fixture.helper])
        let withoutLogs = try parse("quorum none\n")
        #expect(withoutLogs.evaluate(checkpoint).failure == .unknownOrigin(Fixture.origin))
        #expect(withoutLogs.evaluate(checkpoint, knownLogs: [Fixture.log.verifier]).isAccepted)

        let elsewhere = try NoteSigner(name: "elsewhere.example", seed: [UInt8](repeating: 1, count: 32))
        let otherLog = try parse("log \(elsewhere.verifier.vkey)\nquorum none\n")
        #expect(otherLog.evaluate(checkpoint).failure == .unknownOrigin(Fixture.origin))

        // A known log's key under the name of another origin vouches for nothing.
        let foreign = try SignedCheckpoint(checkpoint.checkpoint, signedBy: elsewhere)
        let both = try parse("log \(elsewhere.verifier.vkey)\nwitness h \(Fixture.helper.verifier.vkey)\nquorum none\n")
        #expect(both.evaluate(foreign).failure == .unknownOrigin(Fixture.origin))

        let newKey = try NoteSigner(name: Fixture.origin, seed: [UInt8](repeating: 8, count: 32))
        let rotated = try parse("log \(newKey.verifier.vkey)\nquorum none\n")
        #expect(rotated.evaluate(checkpoint).failure == .logSignatureMissing(origin: Fixture.origin))
    }

    static let mistakes: [(String, Int, PolicyError.Reason)] = [
        ("", 1, .missingQuorum),
        ("# nothing\n\n", 2, .missingQuorum),
        (header, 4, .missingQuorum),
        (header + "quorum none\nquorum none\n", 6, .repeatedQuorum),
        (header + "quorum\n", 5, .wrongItemCount(usage: "quorum <name>|none")),
        (header + "quorum helper other\n", 5, .wrongItemCount(usage: "quorum <name>|none")),
        (header + "quorum nobody\n", 5, .undefinedName("nobody")),
        (header + "quorum g\ngroup g any helper\n", 5, .undefinedName("g")),
        (header + "group g any g\n", 5, .undefinedName("g")),
        (header + "group g any none\n", 5, .reservedName),
        (header + "group none any helper\n", 5, .reservedName),
        (header + "group helper any other\n", 5, .duplicateName("helper")),
        (header + "group g any helper helper\n", 5, .repeatedMember("helper")),
        (header + "group g any helper\ngroup h any helper other\n", 6, .repeatedMember("helper")),
        (header + "group g 0 helper\n", 5, .badThreshold("0")),
        (header + "group g 2 helper\n", 5, .badThreshold("2")),
        (header + "group g 01 helper\n", 5, .badThreshold("01")),
        (header + "group g some helper\n", 5, .badThreshold("some")),
        (header + "group g 18446744073709551617 helper\n", 5, .badThreshold("18446744073709551617")),
        (header + "group g any\n", 5, .wrongItemCount(usage: "group <name> all|any|<k> <member>...")),
        (header + "witness helper \(Fixture.log.verifier.vkey)\n", 5, .notACosignerKey),
        (header + "witness again \(Fixture.helper.verifier.vkey)\n", 5, .duplicateKey),
        (header + "log \(Fixture.log.verifier.vkey)\n", 5, .duplicateKey),
        ("log\n", 1, .wrongItemCount(usage: "log <vkey> [<url>]")),
        ("log nonsense\n", 1, .key(.malformedKey)),
        ("witness none \(Fixture.helper.verifier.vkey)\n", 1, .reservedName),
        ("Log \(Fixture.log.verifier.vkey)\n", 1, .unknownKeyword("Log")),
        ("\n\nquorum none\r\n", 3, .forbiddenCharacter(0x0D)),
        ("# \u{7}\nquorum none\n", 1, .forbiddenCharacter(7)),
        ("# \u{7F}\nquorum none\n", 1, .forbiddenCharacter(0x7F)),
    ]

    @Test(arguments: mistakes.indices)
    func mistakeIsReportedWithItsLine(position: Int) {
        let (text, line, reason) = Self.mistakes[position]
        #expect(throws: PolicyError(line: line, reason: reason)) { try parse(text) }
    }

    @Test func mistakeReadsAsASentence() {
        let error = #expect(throws: PolicyError.self) { try parse(Self.header + "quorum nobody\n") }
        #expect(error.map { "\($0)" } == "policy line 5: no earlier line defines nobody")
    }

    @Test func namesAreOpaqueBytes() throws {
        // "é" composed and decomposed are two names, and so is a byte that is no UTF-8 at all.
        let text = Array(
            "witness \u{E9} \(Fixture.helper.verifier.vkey)\nwitness e\u{301} \(Fixture.other.verifier.vkey)\nwitness "
                .utf8)
        let rest = Array(" \(Fixture.third.verifier.vkey)\ngroup g all \u{E9} e\u{301} ".utf8)
        let policy = try LogPolicy(parsing: text + [0xFF] + rest + [0xFF] + Array("\nquorum g\n".utf8))
        #expect(policy.groups[0].threshold == 3)
    }

    @Test func oneKeyCannotCountTwiceUnderTwoNames() throws {
        let renamed = try Cosigner(name: "renamed.example", seed: [UInt8](repeating: 2, count: 32))
        #expect(throws: PolicyError(line: 5, reason: .duplicateKey)) {
            try parse(Self.header + "witness again \(renamed.verifier.vkey)\nquorum none\n")
        }
    }
}
