import ChildProcesses
import Foundation

/// Other people's programs, which read and check what we write.
package enum OtherProgram {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    /// What a program printed.
    ///
    /// - Throws: `Failure` with what it printed to standard error when it does not end with 0.
    package static func run(_ path: String, _ arguments: [String]) async throws -> Data {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try await ChildProcess.run(path, arguments)
        } catch let error as ChildProcessFailure {
            throw Failure(description: error.description)
        }
        guard outcome.ending == .exited(0) else {
            throw Failure(description: String(decoding: outcome.errors, as: UTF8.self))
        }
        return Data(outcome.output)
    }
}
