import Hashing
import TestSupport
import Testing

/// TurboSHAKE128 against the answers of RFC 9861 section 5, and the sponge's buffering.
@Suite struct TurboSHAKETests {
    /// The RFC's pattern: 00 01 … FA, repeated.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8($0 % 251) }
    }

    static func turboSHAKE(_ message: [UInt8], domain: UInt8, _ count: Int) -> [UInt8] {
        var sponge = TurboSHAKE128(domain: domain)
        sponge.absorb(message)
        return sponge.squeeze(count)
    }

    @Test func emptyMessage() {
        #expect(
            hex(Self.turboSHAKE([], domain: 0x1F, 64))
                == "1e415f1c5983aff2169217277d17bb538cd945a397ddec541f1ce41af2c1b74c"
                + "3e8ccae2a4dae56c84a04c2385c03c15e8193bdf58737363321691c05462c8df")
        #expect(
            hex(Self.turboSHAKE([], domain: 0x1F, 10032).suffix(32))
                == "a3b9b0385900ce761f22aed548e754da10a5242d62e8c658e3f3a923a7555607")
    }

    @Test(arguments: [
        (1, "55cedd6f60af7bb29a4042ae832ef3f58db7299f893ebb9247247d856958daa9"),
        (17, "9c97d036a3bac819db70ede0ca554ec6e4c2a1a4ffbfd9ec269ca6a111161233"),
        (289, "96c77c279e0126f7fc07c9b07f5cdae1e0be60bdbe10620040e75d7223a624d2"),
        (4913, "d4976eb56bcf118520582b709f73e1d6853e001fdaf80e1b13e0d0599d5fb372"),
        (83521, "da67c7039e98bf530cf7a37830c6664e14cbab7f540f58403b1b82951318ee5c"),
        (1_419_857, "b97a906fbf83ef7c812517abf3b2d0aea0c4f60318ce11cf103925127f59eecd"),
    ])
    func patternsOfGrowingLength(count: Int, expected: String) {
        #expect(hex(Self.turboSHAKE(Self.pattern(count), domain: 0x1F, 32)) == expected)
    }

    @Test(arguments: [
        (3, 0x01, "bf323f940494e88ee1c540fe660be8a0c93f43d15ec006998462fa994eed5dab"),
        (1, 0x06, "8ec9c66465ed0d4a6c35d13506718d687a25cb05c74cca1e42501abd83874a67"),
        (3, 0x07, "b658576001cad9b1e5f399a9f77723bba05458042d68206f7252682dba3663ed"),
        (7, 0x0B, "8deeaa1aec47ccee569f659c21dfa8e112db3cee37b18178b2acd805b799cc37"),
        (1, 0x30, "553122e2135e363c3292bed2c6421fa232bab03daa07c7d6636603286506325b"),
        (3, 0x7F, "16274cc656d44cefd422395d0f9053bda6d28e122aba15c765e5ad0e6eaf26f9"),
    ])
    func otherDomains(count: Int, domain: Int, expected: String) {
        let message = [UInt8](repeating: 0xFF, count: count)
        #expect(hex(Self.turboSHAKE(message, domain: UInt8(domain), 32)) == expected)
    }

    @Test(arguments: [
        (167, "0661376465c5f8cc2feebfc807ab86b10be46d740d6d8a2b2ef384a4f8aec5ae"),
        (168, "926245945d0a7baba8660ffbfa27d2ff78e48ab57ecfda21ca650c1cf3aa9c4e"),
        (169, "4121a952f1822f2b5437d2ed6695bf9aaadc1e82204b24b7807cdaf34299c389"),
        (335, "ef6582c2a981b79a1e4630bd0a99380705bd78cb1505a889199207a1753899ea"),
        (336, "e519262d6fc9593cae65fca2dc646caa8c92af907b4dc5a47045514d94ce0b1f"),
        (337, "5f6030c66f75beb1acfa4e09f2098af1cf7ce27290c01d4940bc4ec40e265a81"),
    ])
    func lengthsAroundTheBlockSize(count: Int, expected: String) {
        #expect(hex(Self.turboSHAKE(Self.pattern(count), domain: 1, 32)) == expected)
    }

    @Test func piecesDoNotMatter() {
        var random = SeededGenerator()
        let message = random.bytes(1000)
        let expected = Self.turboSHAKE(message, domain: 1, 1000)
        for _ in 0..<50 {
            var sponge = TurboSHAKE128(domain: 1)
            var rest = message[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...200, using: &random))
                sponge.absorb(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            var output: [UInt8] = []
            while output.count < 1000 {
                output += sponge.squeeze(min(1000 - output.count, Int.random(in: 0...200, using: &random)))
            }
            #expect(output == expected)
        }
    }
}
