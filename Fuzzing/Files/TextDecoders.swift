import Encodings
import Foundation

extension Decoder {
    /// Base64 in both forms, hexadecimal, and URLs.
    static let texts: [Decoder] = [
        webAddress,
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

    /// What is read as a URL is written so that it is read as the same one, with a port that exists and by Foundation with
    /// the same host and port: the HTTP library reads URLs by Foundation.
    private static let webAddress = Decoder(
        "web-address", maximumLength: 256,
        seeds: { _ in
            [
                "http://127.0.0.1:8301/", "https://leader.example/api/tasks/x?step=0", "http://[::1]:65535/x",
                "https://[2001:db8::1.2.3.4]:1", "HTTPS://A_b.example./%2Fa;b", "http://h:99999/", "//h/x", "/x",
            ].map { Array($0.utf8) }
        },
        run: { input in
            let text = String(decoding: input, as: UTF8.self)
            do throws(WebAddressError) {
                let address = try WebAddress(text)
                guard (1...65_535).contains(address.port) else { broken("a port exists", by: input) }
                guard (try? WebAddress(address.string)) == address else {
                    broken("a URL is read as written", by: input)
                }
                guard let url = URL(string: address.string), url.port == address.explicitPort,
                    url.host?.filter({ $0 != "[" && $0 != "]" }).lowercased() == address.host
                else { broken("a URL has one reading", by: input) }
                for location in [text, "/" + text] { _ = try? address.resolving(location: location) }
            } catch {
                describe(error)
                describe(error.complaint)
            }
        })

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
