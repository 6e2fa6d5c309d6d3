// Runs `exchange.py`, which reads and writes files with numpy and safetensors and shares no code with us.

import Foundation
import TestSupport

package enum PythonProgram {
    package typealias Failure = OtherProgram.Failure

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    private static let root = folder.deletingLastPathComponent().deletingLastPathComponent()
    private static let interpreter =
        ProcessInfo.processInfo.environment["CAIRN_PYTHON"] ?? root.appending(path: ".venv/bin/python3").path

    /// What the program printed.
    ///
    /// - Throws: `Failure`, also where Python or one of the two packages is missing.
    package static func run(_ arguments: [String]) async throws -> Data {
        do {
            return try await OtherProgram.run(interpreter, [folder.appending(path: "exchange.py").path] + arguments)
        } catch {
            throw Failure(
                description: "the files were not checked with Python's numpy and safetensors: \(error)\n"
                    + "`Scripts/setup.sh test` installs them into .venv on Debian; elsewhere, CAIRN_PYTHON names a "
                    + "Python that has numpy and safetensors 0.8.")
        }
    }

    /// What a file holds, as the program prints it.
    package struct Held: Decodable, Equatable, Sendable {
        package struct Array: Decodable, Equatable, Sendable {
            package let name: String
            package let type: String
            package let shape: [Int]
            package let values: [String]
        }

        package let file: String
        package let tensors: [Array]
        package let metadata: [String: String]
    }

    package static func held(_ arguments: [String]) async throws -> [Held] {
        try JSONDecoder().decode([Held].self, from: await run(arguments))
    }

    /// A value as the program prints it.
    package static func digits(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        let digits = String(value.bitPattern, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
