import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

// From what the libraries throw to what a person reads. (`TransportFault` is in `TransportFault.swift`.)

extension TransportFault {
    /// - Parameter error: whatever a request threw.
    package init(_ error: any Error) {
        self =
            switch error {
            case let fault as TransportFault: fault
            case let error as NIOConnectionError: Self.connecting(error)
            case let error as SocketAddressError.UnknownHost: Self.lookup(error)
            case let error as IOError: Self.system(error.errnoCode)
            case let error as HTTPClientError: Self.client(error)
            case HTTPParserError.invalidEOFState: TransportFault(.broken)
            case is HTTPParserError: TransportFault(.notHTTP)
            case let error as NIOSSLError: Self.tls(error)
            case let error as BoringSSLError: Self.tls(String(describing: error))
            case let error as NIOSSLExtraError: Self.tls(error)
            case is NIOSSLCloseTimedOutError: TransportFault(.broken)
            case is CancellationError: TransportFault(.cancelled)
            case let error as ChannelError: Self.channel(error)
            default: TransportFault(.other)
            }
    }

    private static func connecting(_ error: NIOConnectionError) -> TransportFault {
        // An address that answered says more than a name server that had no other address.
        let attempts = error.connectionErrors.map { TransportFault($0.error) }
        if let told = attempts.first(where: { $0.kind == .refused }) ?? attempts.first { return told }
        // The two kinds of address are asked for together; what one of them knows for certain counts.
        let lookups = [error.dnsAError, error.dnsAAAAError].compactMap(\.self).map { TransportFault($0) }
        return lookups.first { $0.kind == .unknownHost } ?? lookups.first ?? TransportFault(.other)
    }

    private static func lookup(_ error: SocketAddressError.UnknownHost) -> TransportFault {
        // Names below .invalid never exist (RFC 6761 section 6.4), whether or not a name server can be asked.
        let neverExists = error.host.hasSuffix(".invalid")
        var permanent = [Int(EAI_NONAME)]
        #if os(Linux)
            permanent.append(-5)  // EAI_NODATA, which Foundation does not export: the name has no address.
        #endif
        return neverExists || permanent.contains(error.errorCode)
            ? TransportFault(.unknownHost, "there is no host named \(error.host)") : TransportFault(.lookup)
    }

    private static func system(_ number: CInt) -> TransportFault {
        switch number {
        case ECONNREFUSED: TransportFault(.refused)
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL: TransportFault(.noRoute)
        case ETIMEDOUT: TransportFault(.timeout)
        case ECONNRESET, ECONNABORTED, EPIPE, ENOTCONN: TransportFault(.broken)
        case EMFILE, ENFILE: TransportFault(.descriptors)
        default: TransportFault(.other, String(cString: strerror(number)).lowercased())
        }
    }

    private static func client(_ error: HTTPClientError) -> TransportFault {
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            TransportFault(.timeout)
        case .tlsHandshakeTimeout: TransportFault(.timeout, "TLS was not agreed on in time")
        case .remoteConnectionClosed, .uncleanShutdown, .requestStreamCancelled: TransportFault(.broken)
        case .cancelled: TransportFault(.cancelled)
        case .invalidURL, .emptyHost, .emptyScheme: TransportFault(.unsendable)
        case .contentLengthMissing: TransportFault(.notHTTP)
        default: TransportFault(.other)
        }
    }

    private static func channel(_ error: ChannelError) -> TransportFault {
        switch error {
        case .connectTimeout: TransportFault(.timeout)
        case .ioOnClosedChannel, .alreadyClosed, .eof, .inputClosed, .outputClosed: TransportFault(.broken)
        default: TransportFault(.other)
        }
    }

    private static func tls(_ error: NIOSSLError) -> TransportFault {
        switch error {
        case .uncleanShutdown: TransportFault(.broken)
        case .unableToValidateCertificate, .noCertificateToValidate: TransportFault(.untrusted)
        case .handshakeFailed(let reason): tls(String(describing: reason))
        default: TransportFault(.tls)
        }
    }

    private static func tls(_ error: NIOSSLExtraError) -> TransportFault {
        switch error {
        case .failedToValidateHostname, .serverHostnameImpossibleToMatch: TransportFault(.wrongName)
        default: TransportFault(.tls)
        }
    }

    /// The TLS library tells its reasons in texts only, in which these words are those of its error table.
    private static func tls(_ text: String) -> TransportFault {
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return TransportFault(.notTLS) }
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return TransportFault(.untrusted) }
        if text.contains("HOSTNAME") { return TransportFault(.wrongName) }
        if text.contains("EOF during handshake") {
            return TransportFault(.tls, "the connection ended before TLS began")
        }
        return TransportFault(.tls)
    }
}
