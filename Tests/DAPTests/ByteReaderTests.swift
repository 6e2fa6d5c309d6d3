import DAP
import Testing

@Suite struct ByteReaderTests {
    @Test func lengthsBeyondTheMessageAreRefusedWithTheNumbers() {
        var reader = ByteReader([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
        #expect(throws: CodecError.truncated(field: "payload", needed: 4_294_967_295, available: 3)) {
            try reader.opaque32("payload")
        }
        var short = ByteReader([0xFF, 0xFF, 1])
        #expect(throws: CodecError.truncated(field: "enc", needed: 65_535, available: 1)) { try short.opaque16("enc") }
        var list = ByteReader([0x00, 0x05, 1])
        #expect(throws: CodecError.truncated(field: "extensions", needed: 5, available: 1)) {
            try list.vector16("extensions")
        }
    }

    @Test func integersAreBigEndian() throws {
        var reader = ByteReader([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        #expect(try reader.uint8("a") == 1)
        #expect(try reader.uint16("b") == 0x0203)
        #expect(try reader.uint32("c") == 0x0405_0607)
        #expect(try reader.uint64("d") == 0x0809_0A0B_0C0D_0E0F)
        try reader.finish()
    }

    @Test func vectorsThatMustNotBeEmptyAreRefusedEmpty() {
        #expect(throws: CodecError.emptyField("enc")) {
            try HpkeCiphertext(decoding: [1, 0, 0, 0, 0, 0, 1, 9])
        }
        #expect(throws: CodecError.emptyField("payload")) {
            try HpkeCiphertext(decoding: [1, 0, 1, 9, 0, 0, 0, 0])
        }
        #expect(throws: CodecError.emptyField("hpke_config_list")) { try HpkeConfigList(decoding: [0, 0]) }
    }

    @Test func aNestedVectorDoesNotReadBeyondItsEnd() {
        // The extension claims 4 bytes of data, but its list ends after 1.
        let metadata: [UInt8] = [UInt8](repeating: 0, count: 24) + [0, 5, 0, 9, 0, 4, 1, 2, 3, 4]
        #expect(throws: CodecError.truncated(field: "extension_data", needed: 4, available: 1)) {
            try ReportMetadata(decoding: metadata)
        }
    }

    @Test func unknownCodePointsAreToldApartFromMalformedMessages() {
        #expect(throws: CodecError.unsupported(field: "batch_mode", value: 3)) {
            try Query(decoding: [3, 0, 0])
        }
        #expect(throws: CodecError.unsupported(field: "report_error", value: 0)) { try ReportError(decoding: [0]) }
        #expect(throws: CodecError.unsupported(field: "verify_resp_type", value: 3)) {
            try VerifyResp(decoding: [UInt8](repeating: 7, count: 16) + [3])
        }
    }

    @Test func twoConfigurationsWithOneIdAreRefused() {
        let config = HpkeConfig(id: 1, kemID: 32, kdfID: 1, aeadID: 1, publicKey: [1])
        let list = HpkeConfigList(configs: [config, config])
        #expect(throws: CodecError.self) { try HpkeConfigList(decoding: list.encoded()) }
    }
}
