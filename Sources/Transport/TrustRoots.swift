import Foundation
import InputFiles
import NIOSSL
import Synchronization

/// Whose signatures on servers' certificates this process believes.
///
/// The system's authorities, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR` where either is set, as OpenSSL, curl and Go
/// have it; and those of `--ca FILE` beside them. A node's `ca_file` adds to them for one peer alone (``Trust``).
package enum TrustRoots {
    /// Whom one client believes.
    package struct Trust: Sendable {
        let configuration: TLSConfiguration

        /// - Parameter file: authorities beside those of the process.
        package init(besides file: String? = nil) throws(TrustRootsError) {
            let more = try file.map { file throws(TrustRootsError) in
                try TrustRoots.certificates(inFile: file, namedBy: nil)
            }
            configuration = try TrustRoots.configuration(besides: more ?? [])
        }
    }

    /// By file. Each is read once: it may be a pipe.
    private static let added = Mutex<[String: [NIOSSLCertificate]]>([:])

    /// Adds a file with certificates in PEM, for all requests of this process from now on.
    ///
    /// - Throws: where the file has none.
    package static func add(file: String) throws(TrustRootsError) {
        guard added.withLock({ $0[file] }) == nil else { return }
        let certificates = try certificates(inFile: file, namedBy: nil)
        added.withLock { $0[file] = certificates }
    }

    /// How a client checks the servers that it talks to.
    ///
    /// - Parameter others: authorities of this client alone.
    package static func configuration(
        besides others: [NIOSSLCertificate] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(TrustRootsError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let roots = try replacement(environment) { configuration.trustRoots = .certificates(roots) }
        let certificates = added.withLock { $0.values.flatMap(\.self) } + others
        if !certificates.isEmpty { configuration.additionalTrustRoots = [.certificates(certificates)] }
        return configuration
    }

    /// What the environment puts in place of the system's; nil where it says nothing.
    private static func replacement(
        _ environment: [String: String]
    ) throws(TrustRootsError) -> [NIOSSLCertificate]? {
        let file = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let folders = environment["SSL_CERT_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        guard file != nil || folders != nil else { return nil }
        var roots: [NIOSSLCertificate] = []
        if let file { roots += try certificates(inFile: file, namedBy: "SSL_CERT_FILE") }
        for folder in (folders ?? "").split(separator: ":").map(String.init) {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
                throw TrustRootsError(path: folder, variable: "SSL_CERT_DIR", reason: "the folder cannot be read")
            }
            // As others do: what is no certificate lies there for another purpose.
            for name in names.sorted().prefix(1_000) {
                roots += (try? certificates(inFile: "\(folder)/\(name)", namedBy: nil)) ?? []
            }
        }
        return roots
    }

    private static func certificates(
        inFile path: String, namedBy variable: String?
    ) throws(TrustRootsError) -> [NIOSSLCertificate] {
        func refuse(_ reason: String) -> TrustRootsError {
            TrustRootsError(path: path, variable: variable, reason: reason)
        }
        var bytes: [UInt8]
        do throws(InputFileError) { bytes = try InputFile.bytes(path, upTo: 16 << 20) } catch {
            switch error.problem {
            case .missing: throw refuse("there is no such file")
            case .folder: throw refuse("it is a folder")
            case .tooLong: throw refuse("the file is too long for certificates")
            default: throw refuse(error.sentence)
            }
        }
        do throws(InputFileError) { bytes = Array(try InputFile.text(of: bytes, named: path).utf8) } catch {
            // Between certificates there may be names in any encoding; but a whole file in another one holds none.
            if case .notText(.encoding) = error.problem { throw refuse(error.sentence) }
        }
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw refuse("the file has no certificate in PEM (-----BEGIN CERTIFICATE-----)")
        }
        return found
    }
}

/// A file of authorities that cannot be used.
package struct TrustRootsError: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    /// The environment variable that names it.
    package let variable: String?
    package let reason: String

    package var description: String {
        (variable.map { "\($0) names \(path), which cannot be used: " } ?? "\(path): ") + reason
    }
}
