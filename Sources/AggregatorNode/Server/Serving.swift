import Foundation
import Hummingbird
import NIOCore

/// How a process of ours serves: it says on standard output where it listens, and ends in order.
struct Serving {
    /// What the line calls it, such as `cairn node: leader`.
    let title: String
    let address: ListenAddress
    /// What an error calls it.
    let noun: String

    /// Prints the one line that scripts wait for. For the application's `onReady`.
    var announce: @Sendable (Int) -> Void {
        { [title, address] _ in
            FileHandle.standardOutput.write(Data("\(title) listening on http://\(address.text)\n".utf8))
        }
    }

    /// Runs until SIGTERM or SIGINT.
    func run(_ app: some ApplicationProtocol) async -> Result<Void, NodeStartError> {
        do {
            try await app.runService(gracefulShutdownSignals: [.sigterm, .sigint])
            return .success(())
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            return .failure(.portInUse(host: address.host, port: address.port))
        } catch let halted as HaltService.Halted {
            return .failure(.halted(halted.reason))
        } catch {
            return .failure(.failed("the \(noun) stopped: \(error)"))
        }
    }
}
