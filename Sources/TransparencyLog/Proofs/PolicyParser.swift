// Reads policy files. Names are opaque bytes: "é" in two Unicode spellings is two names, as the specification asks.

import Crypto
import Encodings

/// What is wrong with a policy file, and in which line (counted from 1).
public struct PolicyError: Error, Equatable, Sendable {
    /// One case for each rule of the format.
    public enum Reason: Equatable, Sendable {
        /// Longer than `LogPolicy.maximumSize` bytes.
        case tooLong
        /// An octet that is not tab, newline, 0x20 to 0x7E or 0x80 to 0xFF.
        case forbiddenCharacter(UInt8)
        /// A line begins with a word that is not `log`, `witness`, `group` or `quorum`.
        case unknownKeyword(String)
        /// The line has too few or too many items.
        case wrongItemCount(usage: String)
        /// The item is not a verifier key.
        case key(NoteKeyError)
        /// A witness key must be a cosigner key (type 0x04).
        case notACosignerKey
        /// The same public key stands in an earlier line for the same role.
        case duplicateKey
        /// The name is defined in an earlier line.
        case duplicateName(String)
        /// `none` is predefined and cannot be given to a witness or group, nor be a member.
        case reservedName
        /// No earlier line defines this name.
        case undefinedName(String)
        /// The name is a member of a group already; a witness may count in only one way.
        case repeatedMember(String)
        /// The threshold is not `all`, `any`, or a number from 1 to the number of members.
        case badThreshold(String)
        /// A log's or witness's URL is none, and why.
        case url(String)
        /// There is a quorum line before this one.
        case repeatedQuorum
        /// The file ends (the line is its last) without a quorum line.
        case missingQuorum
    }

    /// The line of the file, from 1.
    public let line: Int
    /// What is wrong there.
    public let reason: Reason

    package init(line: Int, reason: Reason) {
        self.line = line
        self.reason = reason
    }
}

struct PolicyParser {
    private typealias Name = [UInt8]

    private var logs: [LogPolicy.Log] = []
    private var witnesses: [LogPolicy.Witness] = []
    private var groups: [LogPolicy.Group] = []
    private var quorum: LogPolicy.Member??
    private var names: [Name: LogPolicy.Member] = [:]
    private var grouped: Set<Name> = []

    mutating func parse(_ bytes: [UInt8]) throws(PolicyError) -> LogPolicy {
        guard bytes.count <= LogPolicy.maximumSize else { throw PolicyError(line: 1, reason: .tooLong) }
        // A missing newline at the very end is forgiven: nothing that it could have cut off goes unnoticed.
        let lines = bytes.split(separator: ASCII.newline, omittingEmptySubsequences: false)
        for (offset, line) in lines.enumerated() {
            do {
                try parseLine(line)
            } catch {
                throw PolicyError(line: offset + 1, reason: error)
            }
        }
        guard let quorum else {
            throw PolicyError(line: max(1, lines.count - (lines.last?.isEmpty == true ? 1 : 0)), reason: .missingQuorum)
        }
        return LogPolicy(
            logs: logs, witnesses: witnesses, groups: groups, quorum: quorum,
            fileHash: Array(SHA256.hash(data: bytes)))
    }

    private mutating func parseLine(_ line: ArraySlice<UInt8>) throws(PolicyError.Reason) {
        for octet in line where (octet < 0x20 && octet != ASCII.tab) || octet == 0x7F {
            throw .forbiddenCharacter(octet)
        }
        let items = line.split { $0 == ASCII.space || $0 == ASCII.tab }.map { Array($0) }
        guard let keyword = items.first, keyword.first != UInt8(ascii: "#") else { return }
        switch text(keyword) {
        case "log": try parseLog(items)
        case "witness": try parseWitness(items)
        case "group": try parseGroup(items)
        case "quorum": try parseQuorum(items)
        case let other: throw .unknownKeyword(other)
        }
    }

    private mutating func parseLog(_ items: [Name]) throws(PolicyError.Reason) {
        guard 2...3 ~= items.count else { throw .wrongItemCount(usage: "log <vkey> [<url>]") }
        let verifier = try verifier(items[1])
        guard !logs.contains(where: { $0.verifier.publicKey == verifier.publicKey }) else { throw .duplicateKey }
        logs.append(LogPolicy.Log(verifier: verifier, url: items.count > 2 ? try url(items[2]) : nil))
    }

    private mutating func parseWitness(_ items: [Name]) throws(PolicyError.Reason) {
        guard 3...4 ~= items.count else { throw .wrongItemCount(usage: "witness <name> <vkey> [<url>]") }
        let verifier = try verifier(items[2])
        guard verifier.type == .cosignatureV1 else { throw .notACosignerKey }
        guard !witnesses.contains(where: { $0.verifier.publicKey == verifier.publicKey }) else {
            throw .duplicateKey
        }
        try define(items[1], as: .witness(witnesses.count))
        let url = items.count > 3 ? try url(items[3]) : nil
        witnesses.append(LogPolicy.Witness(name: text(items[1]), verifier: verifier, url: url))
    }

    /// A URL is kept as it stands; whoever asks there must be able to.
    private func url(_ item: Name) throws(PolicyError.Reason) -> String {
        let text = text(item)
        do throws(WebAddressError) { _ = try WebAddress(text) } catch { throw .url(error.description) }
        return text
    }

    private mutating func parseGroup(_ items: [Name]) throws(PolicyError.Reason) {
        guard items.count >= 4 else { throw .wrongItemCount(usage: "group <name> all|any|<k> <member>...") }
        var members: [LogPolicy.Member] = []
        for name in items[3...] {
            members.append(try lookUp(name))
            guard grouped.insert(name).inserted else { throw .repeatedMember(text(name)) }
        }
        let threshold: Int
        switch text(items[2]) {
        case "all": threshold = members.count
        case "any": threshold = 1
        case let number:
            guard let count = ASCII.decimal(items[2]), 1...UInt64(members.count) ~= count else {
                throw .badThreshold(number)
            }
            threshold = Int(count)
        }
        try define(items[1], as: .group(groups.count))
        groups.append(LogPolicy.Group(name: text(items[1]), threshold: threshold, members: members))
    }

    private mutating func parseQuorum(_ items: [Name]) throws(PolicyError.Reason) {
        guard items.count == 2 else { throw .wrongItemCount(usage: "quorum <name>|none") }
        guard quorum == nil else { throw .repeatedQuorum }
        quorum = isNone(items[1]) ? .some(nil) : try lookUp(items[1])
    }

    private mutating func define(_ name: Name, as member: LogPolicy.Member) throws(PolicyError.Reason) {
        guard !isNone(name) else { throw .reservedName }
        guard names.updateValue(member, forKey: name) == nil else { throw .duplicateName(text(name)) }
    }

    private func lookUp(_ name: Name) throws(PolicyError.Reason) -> LogPolicy.Member {
        guard !isNone(name) else { throw .reservedName }
        guard let member = names[name] else { throw .undefinedName(text(name)) }
        return member
    }

    private func verifier(_ item: Name) throws(PolicyError.Reason) -> NoteVerifier {
        guard let vkey = String(validating: item, as: UTF8.self) else { throw .key(.malformedKey) }
        do {
            return try NoteVerifier(vkey: vkey)
        } catch {
            throw .key(error)
        }
    }

    private func isNone(_ name: Name) -> Bool {
        name.elementsEqual("none".utf8)
    }

    private func text(_ bytes: Name) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension PolicyError.Reason: Error {}
