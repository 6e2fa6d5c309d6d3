import ChildProcesses
import Foundation
import Testing

// Real processes: the built `cairn`, run as its users run it, and ended by process id.

/// How a command of `cairn` ended.
struct CommandResult: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The JSON object that the command printed.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
}

/// The `cairn` that was built together with these tests.
enum Cairn {
    /// `CAIRN_EXECUTABLE`, or `cairn` in the folder of the test bundle, or in the package's release build.
    static let executable: String? = {
        var candidates = [ProcessInfo.processInfo.environment["CAIRN_EXECUTABLE"]].compactMap { $0 }
        for argument in CommandLine.arguments {
            candidates.append(URL(fileURLWithPath: argument).deletingLastPathComponent().path + "/cairn")
        }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        candidates.append("\(package)/.build/release/cairn")
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static func path() throws -> String {
        try #require(
            executable, "the cairn executable is not beside the tests: run `swift build -c release --build-tests`")
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: String..., home: String? = nil, environment: [String: String] = [:]
    ) async throws -> CommandResult {
        try await run(arguments, home: home, environment: environment)
    }

    static func run(
        _ arguments: [String], home: String? = nil, environment extra: [String: String] = [:]
    ) async throws -> CommandResult {
        var environment: [String: String?] = ["CAIRN_PASSPHRASE": TestWallet.passphrase]
        environment.updateValue(nil, forKey: "CAIRN_PASSPHRASE_FILE")
        if let home { environment["CAIRN_HOME"] = home }
        for (name, value) in extra { environment[name] = value }
        let outcome = try await ChildProcess.run(try path(), arguments, environment: environment)
        return CommandResult(
            status: outcome.ending.status, output: String(decoding: outcome.output, as: UTF8.self),
            errors: String(decoding: outcome.errors, as: UTF8.self))
    }

    /// Runs a command that must succeed.
    @discardableResult
    static func succeed(
        _ arguments: String..., home: String? = nil, environment: [String: String] = [:]
    ) async throws -> CommandResult {
        let result = try await run(arguments, home: home, environment: environment)
        try #require(result.status == 0, "cairn \(arguments.joined(separator: " ")): \(result.errors)")
        return result
    }
}

extension ProcessEnding {
    /// The exit status, or the number of the signal, which no test takes for success.
    var status: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): signal
        }
    }
}
