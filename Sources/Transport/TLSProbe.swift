import Encodings
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Looks again where a request failed, for better words: does that server speak TLS, and from when until when is its
/// certificate valid? Nothing is sent but a ClientHello, and nothing that comes back is believed for anything else.
enum TLSProbe {
    /// What a server showed.
    struct Finding: Sendable {
        let notBefore: Date
        let notAfter: Date
    }

    /// How long a look may take.
    private static let patience = TimeAmount.seconds(2)

    /// - Returns: nil where no certificate came.
    static func look(at address: WebAddress) async -> Finding? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        guard let context = try? NIOSSLContext(configuration: configuration) else { return nil }
        let seen = Seen()
        let name = address.isHostIPv6 || address.isHostIPv4 ? nil : address.host
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let look: NIOSSLCustomVerificationCallback = { chain, verdict in
                        seen.note(chain.first)
                        // All that there is to see; a handshake that fails would end the connection only when it pleases.
                        channel.close(promise: nil)
                        verdict.succeed(NIOSSLVerificationResult.failed)
                    }
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: name, customVerificationCallback: look)
                    try channel.pipeline.syncOperations.addHandlers(handler, ClosingAtErrors())
                }
            }
        guard let channel = try? await bootstrap.connect(host: address.host, port: address.port).get() else {
            return nil
        }
        let timer = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        try? await channel.closeFuture.get()
        timer.cancel()
        return seen.finding
    }

    private final class Seen: Sendable {
        private let kept = Mutex<Finding?>(nil)

        var finding: Finding? { kept.withLock { $0 } }

        func note(_ certificate: NIOSSLCertificate?) {
            guard let certificate else { return }
            let finding = Finding(
                notBefore: Date(timeIntervalSince1970: Double(certificate.notValidBefore)),
                notAfter: Date(timeIntervalSince1970: Double(certificate.notValidAfter)))
            kept.withLock { $0 = finding }
        }
    }

    /// A handshake that fails, as it does here, ends the connection.
    private final class ClosingAtErrors: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension TransportFault {
    /// The same fault in better words, as far as another look at the server gives them.
    package func examined(at address: WebAddress, now: Date = Date()) async -> TransportFault {
        switch (kind, address.scheme) {
        case (.untrusted, .https), (.expired, .https):
            guard let finding = await TLSProbe.look(at: address) else { return self }
            if finding.notAfter < now {
                return TransportFault(.expired, "its certificate was valid until \(Self.text(finding.notAfter))")
            }
            if finding.notBefore > now {
                return TransportFault(.expired, "its certificate is valid from \(Self.text(finding.notBefore)) on")
            }
            return self
        case (.broken, .http), (.notHTTP, .http):
            return await TLSProbe.look(at: address) == nil ? self : TransportFault(.isTLS)
        default: return self
        }
    }

    private static func text(_ date: Date) -> String {
        date.formatted(.iso8601.dateSeparator(.dash).timeSeparator(.colon))
    }
}
