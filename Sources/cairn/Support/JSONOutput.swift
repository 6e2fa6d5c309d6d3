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
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
