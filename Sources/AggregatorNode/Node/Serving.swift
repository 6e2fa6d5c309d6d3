import DurableFiles
import Encodings
import Foundation
import Hummingbird
import NIOCore
import Transport

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
            // A node serves on where nobody can read that it does.
            try? DurableFile.writeAll(
                Array("\(title) listening on http://\(address.text)\n".utf8), to: STDOUT_FILENO, path: "")
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
        } catch let lost as DatabaseWatch.Lost {
            return .failure(.databaseLost(lost.reason))
        } catch {
            return .failure(.failed(Self.words(error, listening: address, noun: noun)))
        }
    }

    /// Why it does not listen, or does not go on, for its operator.
    static func words(_ error: any Error, listening address: ListenAddress, noun: String) -> String {
        let place = "cannot listen on \(address.text)"
        switch error {
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            return "\(place): this machine has no such address; change 'listen'"
        case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
            return "\(place): the system does not allow it; ports below 1024 are for privileged programs"
        case is SocketAddressError.UnknownHost, is SocketAddressError:
            return "\(place): there is no such host; change 'listen'"
        default:
            return "the \(noun) stopped: \(OwnErrors.text(error) ?? TransportFault(error).words)"
        }
    }
}
