import Encodings

extension Decoder {
    /// Base64 in both forms, and hexadecimal.
    static let texts: [Decoder] = [
        text("base64", Base64.decode, Base64.encode), text("base64url", Base64.decodeURL, Base64.encodeURL),
        Decoder(
            "hex", maximumLength: 128,
            seeds: { generator in (0..<4).map { Array(Hex.encode(generator.bytes($0)).utf8) } },
            run: { input in
                let text = String(decoding: input, as: UTF8.self)
                if let bytes = Hex.decode(text), Hex.encode(bytes) != text.lowercased() {
                    broken("hexadecimal text has two cases and no other spelling", by: input)
                }
                guard Hex.decode(Hex.encode(input)) == input else { broken("hex is read as written", by: input) }
            }),
    ]

    private static func text(
        _ name: String, _ decode: @escaping @Sendable (String) -> [UInt8]?,
        _ encode: @escaping @Sendable ([UInt8]) -> String
    ) -> Decoder {
        Decoder(
            name, maximumLength: 128, seeds: { generator in (0..<7).map { Array(encode(generator.bytes($0)).utf8) } },
            run: { input in
                let text = String(decoding: input, as: UTF8.self)
                if let bytes = decode(text), encode(bytes) != text { broken("\(name) has one spelling", by: input) }
                guard decode(encode(input)) == input else { broken("\(name) is read as written", by: input) }
            })
    }
}
