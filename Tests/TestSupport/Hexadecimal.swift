import Encodings

/// Bytes as hexadecimal digits, two each.
package func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(bytes) }

/// Bytes from hexadecimal digits; a wrong digit fails the test.
package func bytes(hex: String) throws -> [UInt8] {
    guard let bytes = Hex.decode(hex) else { throw NotHexadecimal(description: "not hexadecimal: \(hex)") }
    return bytes
}

private struct NotHexadecimal: Error, CustomStringConvertible {
    let description: String
}
