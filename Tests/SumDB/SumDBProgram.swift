// Runs the Go program beside this file, which checks logs with golang.org/x/mod/sumdb and shares no code with us. Two test
// targets use it.

import Foundation
import TestSupport

/// The Go program, built once a run.
package enum SumDBProgram {
    package typealias Failure = OtherProgram.Failure

    /// The program's path, or why there is none.
    private static let built = Task { try await build() }
    private static let folder = NSTemporaryDirectory() + "cairn-\(UUID().uuidString)"

    /// What the program printed.
    ///
    /// - Throws: `Failure` with what it printed to standard error when it refuses, or when it could not be built.
    package static func run(_ arguments: [String]) async throws -> String {
        String(decoding: try await OtherProgram.run(built.value, arguments), as: UTF8.self)
    }

    private static func build() async throws -> String {
        let program = folder + "/sumdb"
        // Statics outlive the tests, so the folder is removed by the process itself.
        atexit { try? FileManager.default.removeItem(atPath: SumDBProgram.folder) }
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "main.go").path
        // The packages are Debian's, in the layout from before modules: no network, no module cache.
        let packages = ProcessInfo.processInfo.environment["CAIRN_GOPATH"] ?? "/usr/share/gocode"
        let settings = [
            "GO111MODULE=off", "GOPATH=\(packages)", "GOCACHE=\(folder)/cache", "GOFLAGS=", "CGO_ENABLED=0",
        ]
        do {
            _ = try await OtherProgram.run("/usr/bin/env", settings + ["go", "build", "-o", program, source])
        } catch {
            throw Failure(
                description: "the log was not checked with Go's sumdb packages: \(error)\n"
                    + "`Scripts/setup.sh test` installs them on Debian (golang-go, golang-golang-x-mod-dev); elsewhere, "
                    + "CAIRN_GOPATH names the folder with src/golang.org/x/mod.")
        }
        return program
    }
}
