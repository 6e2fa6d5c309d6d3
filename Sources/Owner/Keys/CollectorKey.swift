import DAP
import Encodings

/// The key to which results are encrypted, as its files have it.
package enum CollectorKey {
    /// What a task says of the key: from the `.pub` file, or the private key's own.
    ///
    /// - Returns: nil where the text holds no configuration that is supported.
    package static func publicPart(of text: String) -> HpkeConfig? {
        if let pair = try? HpkeKeyPair(keyFile: text) { return pair.config }
        let line = text.split(whereSeparator: \.isWhitespace).first ?? ""
        guard let bytes = Hex.decode(line), let config = try? HpkeConfig(decoding: bytes), config.isSupported else {
            return nil
        }
        return config
    }
}
