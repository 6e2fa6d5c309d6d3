import Foundation
import Subprocess

// Commands: programs that run to their end and print what they found. (The type is in `ChildProcess.swift`.)

extension ChildProcess {
    /// What a command left behind.
    package struct Outcome: Sendable {
        package let ending: ProcessEnding
        package let output: [UInt8]
        package let errors: [UInt8]
    }

    /// Runs a program to its end, with an empty standard input, and collects what it prints.
    ///
    /// - Parameters:
    ///   - environment: changes to this process's own; nil removes a variable.
    ///   - limit: how long it may take before it is ended, as it is where the calling task is cancelled.
    /// - Throws: ``ChildProcessFailure``; `CancellationError`, and then nothing is left running.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String?] = [:], limit: Duration? = nil
    ) async throws -> Outcome {
        let configuration = configuration(program, arguments, environment: environment)
        let running = Task {
            try await reportingFailure(of: program) {
                let result = try await Subprocess.run(
                    configuration, input: .none, output: .bytes(limit: .max), error: .bytes(limit: .max))
                return Outcome(
                    ending: ProcessEnding(result.terminationStatus), output: result.standardOutput,
                    errors: result.standardError)
            }
        }
        let alarm = limit.map { limit in
            Task {
                try await Task.sleep(for: limit)
                running.cancel()
            }
        }
        defer { alarm?.cancel() }
        let outcome = try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            running.cancel()
        }
        try Task.checkCancellation()
        return outcome
    }
}
