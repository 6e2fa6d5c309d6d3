import Crypto
import DAP
import Encodings
import Foundation
import TestSupport
import Testing

@Suite struct HpkeTests {
    /// RFC 9180 appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, first encryption.
    @Test func theStandardsCiphertextOpens() throws {
        let privateKey = try #require(Hex.decode("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"))
        let pair = try HpkeKeyPair(id: 7, privateKey: privateKey)
        #expect(
            Hex.encode(pair.config.publicKey) == "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
        let message = HpkeCiphertext(
            configID: 7,
            encapsulatedKey: try #require(
                Hex.decode("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")),
            payload: try #require(
                Hex.decode(
                    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a")))
        let info = try #require(Hex.decode("4f6465206f6e2061204772656369616e2055726e"))
        #expect(
            try pair.open(message, info: info, aad: Array("Count-0".utf8))
                == Array("Beauty is truth, truth beauty".utf8))
    }

    @Test func sealedMessagesOpenAndAreBoundToKeyInfoAndData() throws {
        var generator = SeededGenerator()
        let pair = HpkeKeyPair.generate(id: 1)
        let other = HpkeKeyPair.generate(id: 1)
        let info = HpkeInfo.inputShare(to: .leader)
        for length in [0, 1, 16, 1000] {
            let plaintext = generator.bytes(length)
            let aad = generator.bytes(in: 0...40)
            let sealed = try pair.config.seal(info: info, aad: aad, plaintext: plaintext)
            #expect(sealed.payload.count == length + 16)
            #expect(try pair.open(sealed, info: info, aad: aad) == plaintext, "seed \(generator.seed)")
            #expect(throws: HpkeError.openFailed) { try other.open(sealed, info: info, aad: aad) }
            #expect(throws: HpkeError.openFailed) { try pair.open(sealed, info: info, aad: aad + [0]) }
            #expect(throws: HpkeError.openFailed) {
                try pair.open(sealed, info: HpkeInfo.inputShare(to: .helper), aad: aad)
            }
            for index in sealed.payload.indices.prefix(40) {
                var payload = sealed.payload
                payload[index] ^= 1
                let changed = HpkeCiphertext(configID: 1, encapsulatedKey: sealed.encapsulatedKey, payload: payload)
                #expect(throws: HpkeError.openFailed) { try pair.open(changed, info: info, aad: aad) }
            }
        }
    }

    @Test func malformedMessagesAreRefused() throws {
        let pair = HpkeKeyPair.generate(id: 1)
        let info = HpkeInfo.inputShare(to: .leader)
        for (enc, payload) in [
            ([1], [2]), ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 40)),
            ([UInt8](repeating: 9, count: 33), [UInt8](repeating: 0, count: 40)),
            ([UInt8](repeating: 9, count: 32), [1]),
        ]
            as [([UInt8], [UInt8])]
        {
            let message = HpkeCiphertext(configID: 1, encapsulatedKey: enc, payload: payload)
            #expect(throws: HpkeError.openFailed) { try pair.open(message, info: info, aad: []) }
        }
        let foreign = HpkeCiphertext(configID: 2, encapsulatedKey: [1], payload: [1])
        #expect(throws: HpkeError.unknownConfigID(2)) { try pair.open(foreign, info: info, aad: []) }
    }

    @Test func configurationsWeCannotUseAreRefused() {
        let key = HpkeKeyPair.generate(id: 1).config.publicKey
        for (kem, kdf, aead) in [(0x0010, 1, 1), (0x0020, 2, 1), (0x0020, 1, 3)] as [(UInt16, UInt16, UInt16)] {
            let config = HpkeConfig(id: 1, kemID: kem, kdfID: kdf, aeadID: aead, publicKey: key)
            #expect(throws: HpkeError.unsupportedSuite(kem: kem, kdf: kdf, aead: aead)) {
                try config.seal(info: [], aad: [], plaintext: [])
            }
        }
        let short = HpkeConfig(id: 1, kemID: 0x20, kdfID: 1, aeadID: 1, publicKey: [1, 2, 3])
        #expect(throws: HpkeError.invalidPublicKey) { try short.seal(info: [], aad: [], plaintext: []) }
    }

    /// Against such a key the shared secret is zero, which the library confirms, so anybody could open the message.
    @Test func keysOfSmallOrderAreRefusedInBothDirections() throws {
        let privateKey = Curve25519.KeyAgreement.PrivateKey()
        let pair = try HpkeKeyPair(id: 1, privateKey: Array(privateKey.rawRepresentation))
        let modulus: [UInt8] = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
        let eight = try #require(Hex.decode("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"))
        let other = try #require(Hex.decode("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"))
        func neighbour(_ low: UInt8) -> [UInt8] { [low] + modulus.dropFirst() }
        let zero = [UInt8](repeating: 0, count: 32)
        for point in [zero, [1] + zero.dropFirst(), modulus, neighbour(0xEC), neighbour(0xEE), eight, other] {
            for key in [point, point.dropLast() + [point[31] | 0x80]] {
                let publicKey = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: key)
                let secret = try? Curve25519.KeyAgreement.PrivateKey().sharedSecretFromKeyAgreement(with: publicKey)
                #expect(secret == nil || secret?.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } == true)

                let config = HpkeConfig(id: 1, kemID: 0x20, kdfID: 1, aeadID: 1, publicKey: key)
                #expect(throws: HpkeError.invalidPublicKey) { try config.seal(info: [], aad: [], plaintext: [1]) }
                let forged = try ZeroSecretSealing.seal(
                    encapsulatedKey: key, to: pair.config, info: [1], aad: [2], plaintext: [3, 4])
                #expect(throws: HpkeError.openFailed) { try pair.open(forged, info: [1], aad: [2]) }
                // The forgery is sound: without our check it would have opened.
                #expect(
                    try ZeroSecretSealing.openWithLibrary(forged, privateKey: privateKey, info: [1], aad: [2])
                        == [3, 4])
            }
        }
    }

    @Test func clientsTakeTheFirstConfigurationTheySupport() {
        let good = HpkeKeyPair.generate(id: 2).config
        let foreign = HpkeConfig(id: 1, kemID: 0x10, kdfID: 1, aeadID: 1, publicKey: [1])
        #expect(HpkeConfigList(configs: [foreign, good]).firstSupported == good)
        #expect(HpkeConfigList(configs: [foreign]).firstSupported == nil)
    }

    @Test func infoStringsAreTheStandards() {
        #expect(HpkeInfo.inputShare(to: .leader) == Array("dap-18 input share".utf8) + [1, 2])
        #expect(HpkeInfo.inputShare(to: .helper) == Array("dap-18 input share".utf8) + [1, 3])
        #expect(HpkeInfo.aggregateShare(from: .leader) == Array("dap-18 aggregate share".utf8) + [2, 0])
        #expect(HpkeInfo.aggregateShare(from: .helper) == Array("dap-18 aggregate share".utf8) + [3, 0])
    }

    @Test func keyFilesRoundTripAndNameTheBadLine() throws {
        let pair = HpkeKeyPair.generate(id: 200)
        let file = pair.keyFile
        let read = try HpkeKeyPair(keyFile: file)
        #expect(read.config == pair.config)
        let sealed = try pair.config.seal(info: [1], aad: [2], plaintext: [3])
        #expect(try read.open(sealed, info: [1], aad: [2]) == [3])
        #expect(try HpkeKeyPair(keyFile: file.replacingOccurrences("\n", "\r\n\r\n")).config == pair.config)

        let lines = file.split(separator: "\n").map(String.init)
        let stranger = HpkeKeyPair.generate(id: 200).keyFile.split(separator: "\n").map(String.init)
        for (bad, line) in [
            ([String](), 1), (["x"] + lines.dropFirst(), 1), ([lines[0], lines[1]], 2),
            ([lines[0], "config: ???", lines[2]], 2), ([lines[0], "config: AAAA", lines[2]], 2),
            ([lines[0], lines[1], "private: AAAA"], 3), ([lines[0], lines[1], stranger[2]], 3),
            ([lines[0], lines[2], lines[1]], 2),
        ] {
            let error = #expect(throws: HpkeError.self) { try HpkeKeyPair(keyFile: bad.joined(separator: "\n")) }
            guard case .malformedKeyFile(line, _)? = error else {
                Issue.record("expected an error in line \(line), got \(String(describing: error))")
                continue
            }
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(_ target: Character, _ replacement: String) -> String {
        map { $0 == target ? replacement : String($0) }.joined()
    }
}
