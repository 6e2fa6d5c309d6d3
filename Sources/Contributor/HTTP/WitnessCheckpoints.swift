import DAP
import Ledger
import NodeAPI
import Requests
import TransparencyLog

/// The newest checkpoints that a policy's witnesses have seen of a log (C2SP tlog-witness, monitoring): whoever serves the
/// log can hide the newest one, the witnesses do not.
public struct WitnessCheckpoints: Sendable {
    /// A witness, and where it answers.
    public struct Place: Sendable, Equatable {
        /// Its name in the policy.
        public let name: String
        /// Monitoring prefix, without a slash at its end.
        public let prefix: String
    }

    /// Which witnesses can be asked.
    public let places: [Place]
    private let origin: String
    private let transport: HTTPTransport

    /// - Parameters:
    ///   - origin: the log's name.
    ///   - helperURL: where witnesses are that the policy gives no URL for.
    public init(
        policy: LogPolicy, origin: String, helperURL: String?,
        transport: HTTPTransport = HTTPTransport(deadline: .zero, attemptTimeout: .seconds(5))
    ) {
        func trimmed(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
        places = policy.witnesses.compactMap { witness in
            (witness.url.map(trimmed) ?? helperURL.map { trimmed($0) + API.helperWitnessPrefix }).map {
                Place(name: witness.name, prefix: $0)
            }
        }
        self.origin = origin
        self.transport = transport
    }

    /// What the witness at a place has; nil where it does not answer with a checkpoint. Nothing about it is checked.
    public func newest(at place: Place) async -> SignedCheckpoint? {
        let request = WebRequest(API.witnessed, at: place.prefix, API.originName(origin))
        guard let answer = try? await transport.send(request), answer.status == 200 else { return nil }
        return try? SignedCheckpoint(parsing: answer.body)
    }
}
