import Hashing
import Ristretto255
import TestSupport
import Testing

/// RFC 9380 appendix K.3 (expand_message_xmd with SHA-512) and RFC 9497 appendix A.1.1 (hash_to_ristretto255 in use).
@Suite struct HashToGroupTests {
    private static let messages = [
        "", "abc", "abcdef0123456789", "q128_" + String(repeating: "q", count: 128),
        "a512_" + String(repeating: "a", count: 512),
    ]

    @Test(arguments: [
        (
            32,
            [
                "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba",
                "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc",
                "087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58",
                "7336234ee9983902440f6bc35b348352013becd88938d2afec44311caf8356b3",
                "57b5f7e766d5be68a6bfe1768e3c2b7f1228b3e4b3134956dd73a59b954c66f4",
            ]
        ),
        (
            128,
            [
                "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921b052b62eaed99b46f72f2ef4cc96bfaf"
                    + "254ebbbec091e1a3b9e4fb5e5b619d2e0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d1"
                    + "3d7eb00a7cff859b605da678b318bd0e65ebff70bec88c753b159a805d2c89c55961",
                "7f1dddd13c08b543f2e2037b14cefb255b44c83cc397c1786d975653e36a6b11bdd7732d8b38adb4a0edc26a0cef4bb4"
                    + "5217135456e58fbca1703cd6032cb1347ee720b87972d63fbf232587043ed2901bce7f22610c0419751c065922b4"
                    + "88431851041310ad659e4b23520e1772ab29dcdeb2002222a363f0c2b1c972b3efe1",
                "3f721f208e6199fe903545abc26c837ce59ac6fa45733f1baaf0222f8b7acb0424814fcb5eecf6c1d38f06e9d0a6ccfb"
                    + "f85ae612ab8735dfdf9ce84c372a77c8f9e1c1e952c3a61b7567dd0693016af51d2745822663d0c2367e3f4f0bed"
                    + "827feecc2aaf98c949b5ed0d35c3f1023d64ad1407924288d366ea159f46287e61ac",
                "b799b045a58c8d2b4334cf54b78260b45eec544f9f2fb5bd12fb603eaee70db7317bf807c406e26373922b7b8920fa29"
                    + "142703dd52bdf280084fb7ef69da78afdf80b3586395b433dc66cde048a258e476a561e9deba7060af40adf30c64"
                    + "249ca7ddea79806ee5beb9a1422949471d267b21bc88e688e4014087a0b592b695ed",
                "05b0bfef265dcee87654372777b7c44177e2ae4c13a27f103340d9cd11c86cb2426ffcad5bd964080c2aee97f03be1ca"
                    + "18e30a1f14e27bc11ebbd650f305269cc9fb1db08bf90bfc79b42a952b46daf810359e7bc36452684784a64952c3"
                    + "43c52e5124cd1f71d474d5197fefc571a92929c9084ffe1112cf5eea5192ebff330b",
            ]
        ),
    ])
    func expandMessageGivesTheStandardsBytes(count: Int, expected: [String]) {
        let tag = Array("QUUX-V01-CS02-with-expander-SHA512-256".utf8)
        for (message, expected) in zip(Self.messages, expected) {
            let output = ExpandMessage.xmdSHA512(Array(message.utf8), domainSeparationTag: tag, count: count)
            #expect(hex(output) == expected)
        }
    }

    @Test(arguments: [
        ("00", "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"),
        (
            "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a",
            "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"
        ),
    ])
    func blindedHashesEqualTheBlindedElementsOfTheOPRFStandard(input: String, blindedElement: String) throws {
        let tag = Array("HashToGroup-OPRFV1-\u{0}-ristretto255-SHA512".utf8)
        let blind = try Scalar.decode(
            try bytes(hex: "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"))
        let element = RistrettoPoint.hash(try bytes(hex: input), domainSeparationTag: tag)
        #expect(hex((blind * element).encoded()) == blindedElement)
    }

    /// The second half of the same vectors: the server's key times the blinded element.
    @Test func evaluationsEqualTheOPRFStandard() throws {
        let key = try Scalar.decode(
            try bytes(hex: "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"))
        let blinded = try RistrettoPoint.decode(
            try bytes(hex: "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"))
        #expect(
            hex((key * blinded).encoded()) == "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e")
    }

    @Test func longTagsAreHashedFirst() {
        let long = [UInt8](repeating: 7, count: 300)
        let short = SHA2.sha512(Array("H2C-OVERSIZE-DST-".utf8) + long)
        #expect(
            RistrettoPoint.hash([1], domainSeparationTag: long)
                == RistrettoPoint.hash([1], domainSeparationTag: short))
        #expect(ExpandMessage.xmdSHA512([], domainSeparationTag: [1], count: 255 * 64).count == 255 * 64)
    }
}
