/// Why a request to a server brought no answer, in a person's words.
///
/// The libraries below speak of types, numbers and source lines; none of that helps whoever reads it at three in the
/// morning. So everything that they throw becomes one of these (`TransportFault.init(_:)`, the only translator), for
/// clients and nodes alike. No fault is laid at anybody's door: what was seen is said, not who did it.
package struct TransportFault: Error, Sendable, Equatable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// The name does not exist.
        case unknownHost
        /// The name could not be looked up just now.
        case lookup
        /// Nothing listens on the port.
        case refused
        /// The machine cannot be reached.
        case noRoute
        /// No answer, or not all of it, in the time that there was.
        case timeout
        /// The connection broke off.
        case broken
        /// What answers does not speak HTTP.
        case notHTTP
        /// An `https` URL, and what answers does not speak TLS.
        case notTLS
        /// An `http` URL, and what answers speaks TLS.
        case isTLS
        /// A certificate that no root of trust vouches for.
        case untrusted
        /// A certificate of another name.
        case wrongName
        /// A certificate whose time is over, or has not come.
        case expired
        /// TLS failed in another way.
        case tls
        /// This process may open no more files and connections.
        case descriptors
        /// The request cannot be sent as it is.
        case unsendable
        /// It was cancelled from this side.
        case cancelled
        /// Something that has no words here.
        case other
    }

    package let kind: Kind
    /// What was seen, in the middle of a sentence.
    package let words: String
    /// What may help, as a sentence; empty where nothing is known.
    package let advice: String

    package init(_ kind: Kind, _ words: String? = nil, advice: String? = nil) {
        self.kind = kind
        self.words = words ?? kind.words
        self.advice = advice ?? kind.advice
    }

    /// Whether another attempt cannot bring anything else: somebody has to change something first.
    package var isPermanent: Bool { kind.isPermanent }
}

extension TransportFault.Kind {
    /// Whether another attempt cannot bring anything else.
    package var isPermanent: Bool {
        switch self {
        case .unknownHost, .notHTTP, .notTLS, .isTLS, .untrusted, .wrongName, .expired, .descriptors, .unsendable: true
        case .lookup, .refused, .noRoute, .timeout, .broken, .tls, .cancelled, .other: false
        }
    }
}

extension TransportFault: CustomStringConvertible {
    package var description: String { words }
}

extension TransportFault.Kind {
    fileprivate var words: String {
        switch self {
        case .unknownHost: "there is no host of that name"
        case .lookup: "the host's name could not be looked up just now"
        case .refused: "nothing listens there"
        case .noRoute: "there is no way to that machine from here"
        case .timeout: "it took too long"
        case .broken: "the connection broke off"
        case .notHTTP: "what answers there does not speak HTTP"
        case .notTLS: "the server there does not speak TLS: is it http://?"
        case .isTLS: "the server there speaks TLS: is it https://?"
        case .untrusted: "no authority that this machine trusts vouches for its certificate"
        case .wrongName: "its certificate is for another name"
        case .expired: "its certificate is not valid now"
        case .tls: "TLS could not be agreed on"
        case .descriptors: "this program may open no more files and connections"
        case .unsendable: "the request cannot be sent"
        case .cancelled: "the request was ended from here"
        case .other: "the connection failed"
        }
    }

    fileprivate var advice: String {
        switch self {
        case .unknownHost: "Check the URL's spelling."
        case .lookup: "Check this machine's network and name server."
        case .refused: "Check that the node runs and that the URL is right."
        case .noRoute: "Check this machine's network."
        case .notHTTP, .notTLS, .isTLS: "Check the URL."
        case .untrusted:
            "If it is signed by an authority of your own, name that with --ca FILE or SSL_CERT_FILE; otherwise ask the "
                + "operator."
        case .wrongName: "Check the URL, or ask the operator."
        case .expired: "Check this machine's clock, or ask the operator."
        case .descriptors: "Raise the limit (ulimit -n) to 256 or more."
        case .timeout, .broken, .tls, .unsendable, .cancelled, .other: ""
        }
    }
}
