import Encodings
import Foundation

/// `--json`: one JSON object on standard output, keys in snake_case and sorted.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        Console.print(try text(value))
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// JSON in which strings name, in JSON's own way, what a terminal would obey. The encoder does that for the first 32
    /// characters only, and nothing but strings can hold the others.
    static func escaped(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 >= 0x7F }) else { return json }
        var shown = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            guard scalar.isObeyedByTerminals, scalar != "\n", scalar != "\t" else {
                shown.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                let escape = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                shown.append(contentsOf: escape.unicodeScalars)
            }
        }
        return String(shown)
    }
}
