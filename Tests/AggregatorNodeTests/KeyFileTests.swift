import AggregatorNode
import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct KeyFileTests {
    @Test func keysAreMadeOnceAndReadBack() throws {
        let parties = try Parties()
        let again = try NodeKeys.load(parties.leader)
        #expect(again.hpke.config == parties.leaderKeys.hpke.config)
        #expect(again.statementPublicKey == parties.leaderKeys.statementPublicKey)
        #expect(again.note.vkey == parties.leaderKeys.note.vkey)
        #expect(parties.helperKeys.collectorToken == nil)
        #expect(parties.leaderKeys.preSharedKey == parties.helperKeys.preSharedKey)
        #expect(parties.leaderKeys.aggregatorToken.authorization == parties.helperKeys.aggregatorToken.authorization)
    }

    @Test func keyFilesAreForTheirOwnerOnlyAndNeverOverwritten() throws {
        let directory = try TemporaryFolder.ofNodes()
        let path = directory.file("token")
        try KeyFiles.makeToken(at: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(throws: KeyFileError.exists(path: path)) { try KeyFiles.makeToken(at: path) }
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: 0o644)], ofItemAtPath: path)
        #expect(throws: KeyFileError.exposed(path: path, mode: 0o644)) { try KeyFiles.token(at: path) }
    }

    @Test(arguments: ["", "abc\n", "!!!!\n", "AAAA\nAAAA\n", String(repeating: "A", count: 43) + "=\n"])
    func aMalformedSecretIsRefused(_ content: String) throws {
        let directory = try TemporaryFolder.ofNodes()
        let path = directory.file("psk")
        try DurableFile.write(Array(content.utf8), to: path, mode: 0o600)
        #expect(throws: KeyFileError.self) { try KeyFiles.preSharedKey(at: path) }
        #expect(throws: KeyFileError.self) { try KeyFiles.token(at: path) }
    }

    @Test func aKeyOfTheWrongKindIsRefused() throws {
        let directory = try TemporaryFolder.ofNodes()
        try KeyFiles.makeLogKey(name: "log.example", at: directory.file("log"))
        try KeyFiles.makeWitnessKey(name: "witness.example", at: directory.file("witness"))
        #expect(throws: KeyFileError.self) { try KeyFiles.witnessKey(at: directory.file("log")) }
        #expect(throws: KeyFileError.self) { try KeyFiles.logKey(at: directory.file("witness")) }
        #expect(throws: KeyFileError.self) { try KeyFiles.hpkeKey(at: directory.file("witness")) }
        #expect(throws: KeyFileError.self) { try KeyFiles.token(at: directory.file("nothing")) }
    }

    @Test func aLogKeyOfAnotherNameThanTheOriginIsRefused() throws {
        var configuration = try Parties().leader
        let directory = try TemporaryFolder.ofNodes()
        configuration.noteKeyFile = directory.file("log")
        configuration.dataDirectory = directory.path
        try KeyFiles.makeLogKey(name: "other.example", at: configuration.noteKeyFile)
        #expect(throws: KeyFileError.self) { try NodeKeys.load(configuration) }
    }

    @Test func secretsDoNotShowInDescriptions() throws {
        let keys = try Parties().leaderKeys
        let secret = keys.aggregatorToken.authorization.dropFirst("Bearer ".count)
        var dumped = ""
        dump(keys.aggregatorToken, to: &dumped)
        for text in ["\(keys.aggregatorToken)", String(reflecting: keys.aggregatorToken), "\(keys)", dumped] {
            #expect(!text.contains(secret))
        }
    }
}
