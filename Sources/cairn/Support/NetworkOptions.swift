import ArgumentParser
import Synchronization
import Transport

/// `--timeout SECONDS` and `--ca FILE`, shared by all commands that talk to nodes, logs and witnesses.
///
/// They hold for the whole process, whose one HTTP client they are for: so they take effect when they are parsed, and no
/// command can forget to pass them on.
struct NetworkOptions: ParsableArguments {
    @Option(
        name: .customLong("timeout"),
        help: "For how many seconds to wait for a node, log or witness that does not answer or is busy.")
    var seconds: UInt32?
    @Option(
        name: .customLong("ca"),
        help: "A file with certificates (PEM): authorities to trust beside the system's, or SSL_CERT_FILE's.")
    var authorities: String?

    private static let given = Mutex<Duration?>(nil)

    /// What was given with `--timeout`.
    static var timeout: Duration? { given.withLock { $0 } }

    func validate() throws {
        if let seconds {
            guard seconds > 0 else { throw ValidationError("--timeout must be at least 1 second.") }
            Self.given.withLock { $0 = .seconds(Int64(seconds)) }
        }
        if let authorities {
            do throws(TrustRootsError) { try TrustRoots.add(file: authorities) } catch {
                throw ValidationError("--ca \(error)")
            }
        }
    }
}
