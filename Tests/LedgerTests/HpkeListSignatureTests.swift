import Crypto
import DAP
import Ledger
import Testing

/// The signature over an aggregator's HPKE configurations, by itself. Over the wire: `HpkeListAttackTests`.
@Suite struct HpkeListSignatureTests {
    private let key = Curve25519.Signing.PrivateKey()
    private let list = HpkeConfigList(configs: [HpkeKeyPair.generate(id: 3).config]).encoded()
    private let now: UInt64 = 1_764_385_000
    private var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    private func signed(issued: UInt64, expires: UInt64) throws -> HpkeListSignature {
        try HpkeListSignature(of: list, role: .leader, issued: issued, expires: expires, key: key)
    }

    private func fault(
        _ signature: HpkeListSignature, list: [UInt8]? = nil, role: Role = .leader, key: [UInt8]? = nil,
        newest: UInt64? = nil
    ) -> HpkeListFault? {
        do throws(HpkeListFault) {
            try signature.check(list ?? self.list, role: role, key: key ?? publicKey, now: now, newest: newest)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatANodeSignsNowPassesAndIsTheSameForAnHour() throws {
        let signature = try HpkeListSignature(of: list, role: .leader, now: now, key: key)
        #expect(fault(signature) == nil)
        #expect(signature.issued % 3600 == 0 && signature.issued <= now && now - signature.issued < 3600)
        #expect(signature.expires - signature.issued > HpkeListSignature.cacheLifetime + 3600)
        #expect(signature.expires - signature.issued <= HpkeListSignature.longestLifetime)
        let end = try HpkeListSignature(of: list, role: .leader, now: signature.issued + 3599, key: key)
        #expect((end.issued, end.expires) == (signature.issued, signature.expires))
        #expect(try HpkeListSignature(headerValue: signature.headerValue, role: signature.role) == signature)
    }

    /// A node that leads some tasks and helps in others signs for both.
    @Test func ofTwoRolesEachFindsItsSignature() throws {
        let signatures = try [Role.leader, .helper].map {
            try HpkeListSignature(of: list, role: $0, now: now, key: key)
        }
        let header = HpkeListSignature.headerValue(signatures)
        for (signature, text) in zip(signatures, [header, header.replacing(", ", with: ",")]) {
            #expect(try HpkeListSignature(headerValue: text, role: signature.role) == signature)
        }
        #expect(try HpkeListSignature(headerValue: signatures[0].headerValue, role: .helper).role == .leader)
        for text in [signatures[0].headerValue + ",", ",\(header)", header.replacing(", ", with: "; ")] {
            #expect(throws: HpkeListFault.self) { try HpkeListSignature(headerValue: text, role: .helper) }
        }
    }

    @Test func anotherListRoleOrKeyIsNotWhatWasSigned() throws {
        let signature = try HpkeListSignature(of: list, role: .leader, now: now, key: key)
        for index in list.indices {
            var changed = list
            changed[index] ^= 1
            #expect(fault(signature, list: changed) == .notSignedByIt)
        }
        #expect(fault(signature, list: list + [0]) == .notSignedByIt)
        #expect(fault(signature, list: Array(list.dropLast())) == .notSignedByIt)
        #expect(fault(signature, role: .helper) == .ofTheOther(.leader))
        let other = Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation)
        #expect(fault(signature, key: other) == .notSignedByIt)
        #expect(fault(signature, key: []) == .notSignedByIt)
    }

    @Test func anyChangedByteOfTheHeaderIsRefused() throws {
        let bytes = try HpkeListSignature(of: list, role: .leader, now: now, key: key).encoded()
        #expect(bytes.count == 1 + 8 + 8 + 64)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            guard let signature = try? HpkeListSignature(decoding: changed) else { continue }
            #expect(fault(signature) != nil, "byte \(index)")
        }
        for length in bytes.indices {
            #expect(throws: CodecError.self) { try HpkeListSignature(decoding: Array(bytes.prefix(length))) }
        }
        for role: UInt8 in [0, 1, 4, 255] {
            #expect(throws: CodecError.self) { try HpkeListSignature(decoding: [role] + bytes.dropFirst()) }
        }
        #expect(throws: HpkeListFault.unsigned) { try HpkeListSignature(headerValue: nil, role: .leader) }
        for text in ["", "=", "AAAA", "\u{e9}"] {
            let error = try #require(throws: HpkeListFault.self) {
                try HpkeListSignature(headerValue: text, role: .leader)
            }
            guard case .malformed = error else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test func timesAreBounded() throws {
        let week = HpkeListSignature.longestLifetime
        #expect(try fault(signed(issued: now - week + 1, expires: now + 1)) == nil)
        #expect(
            try fault(signed(issued: now - week, expires: now + 1))
                == .lifetime(issued: now - week, expires: now + 1))
        #expect(try fault(signed(issued: now, expires: now)) == .lifetime(issued: now, expires: now))
        #expect(try fault(signed(issued: now, expires: now - 1)) != nil)
        #expect(try fault(signed(issued: 0, expires: .max)) != nil)
        #expect(try fault(signed(issued: now - 5, expires: now)) == .expired(since: 0))
        #expect(try fault(signed(issued: now - 90, expires: now - 80)) == .expired(since: 80))
        #expect(try fault(signed(issued: now + 1800, expires: now + 5000)) == nil)
        #expect(try fault(signed(issued: now + 1801, expires: now + 5000)) == .issuedInTheFuture(by: 1801))
        #expect(try fault(signed(issued: .max - 1, expires: .max)) == .issuedInTheFuture(by: .max - 1 - now))
    }

    /// Within an hour a node may change its key: lists of the same hour are of equal rank.
    @Test func anOlderListThanTheNewestIsRefusedAndOneOfTheSameHourIsNot() throws {
        let signature = try signed(issued: now - 3600, expires: now + 3600)
        #expect(fault(signature, newest: nil) == nil)
        #expect(fault(signature, newest: now - 7200) == nil)
        #expect(fault(signature, newest: now - 3600) == nil)
        #expect(fault(signature, newest: now - 3599) == .older(issued: now - 3600, newest: now - 3599))
        #expect(fault(signature, newest: .max) == .older(issued: now - 3600, newest: .max))
    }

    @Test func everyFaultHasASentence() {
        let faults: [HpkeListFault] = [
            .unsigned, .malformed("x"), .ofTheOther(.helper), .notSignedByIt, .lifetime(issued: 0, expires: .max),
            .issuedInTheFuture(by: .max), .expired(since: 7200), .older(issued: .max, newest: 0),
        ]
        for fault in faults { #expect(!fault.description.isEmpty && !fault.description.hasSuffix(".")) }
    }
}
