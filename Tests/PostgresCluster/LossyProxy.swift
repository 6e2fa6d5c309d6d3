import Foundation
import Synchronization
import TestSupport

/// Stands between a client and a PostgreSQL server on their Unix sockets, and once does to a COMMIT what a bad moment does.
package final class LossyProxy: Sendable {
    package enum Fault: Sendable {
        /// The server commits, and its answer is lost.
        case answerLost
        /// The connection is lost before the server hears of the COMMIT.
        case requestLost
        /// The client is cut off at once, and the server hears of the COMMIT only later.
        case requestLate
        /// Instead of the server's answer comes an error. One that is not `ERROR` ends the connection a moment later; else
        /// server and client go on.
        case answered(severity: String, code: String, isCommitted: Bool)
    }

    package let folder: String
    private let server: String
    private let version: String?
    private let listener: Int32
    private let fault = Mutex<(Fault, words: String)?>(nil)
    private let struck = Atomic<Int>(0)

    /// How many COMMITs, or messages of another kind, were spoiled.
    package var count: Int { struck.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - folder: of the server's socket.
    ///   - version: what the server says it is, if not the truth.
    package init(to folder: String, version: String? = nil) throws {
        self.version = version
        self.folder = "/tmp/cairn-px-\(UInt32.random(in: 0...UInt32.max))"
        server = "\(folder)/.s.PGSQL.5432"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
        listener = try Self.listener(in: self.folder)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                guard Self.withAddress(server, { connect(upstream, $0, $1) }) == 0 else {
                    close(client)
                    close(upstream)
                    continue
                }
                Thread.detachNewThread { self.carry(client, upstream) }
            }
        }
    }

    /// A socket where clients look for a server in a folder.
    package static func listener(in folder: String) throws -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = withAddress("\(folder)/.s.PGSQL.5432") { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 16) == 0 else {
            throw OtherProgram.Failure(description: "no socket in \(folder): \(String(cString: strerror(errno)))")
        }
        return listener
    }

    /// Takes no new connections from now on.
    package func refuseOthers() { shutdown(listener, Int32(SHUT_RDWR)) }

    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What becomes of the next COMMIT, or of the next message with some other words.
    package func arm(_ fault: Fault, at words: String = "COMMIT\0") { self.fault.withLock { $0 = (fault, words) } }

    /// Carries bytes both ways until either side ends, or a fault does.
    private func carry(_ client: Int32, _ upstream: Int32) {
        defer {
            close(client)
            close(upstream)
        }
        var ways = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: upstream, events: Int16(POLLIN), revents: 0),
        ]
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while poll(&ways, 2, -1) > 0 {
            for (index, way) in ways.enumerated() where way.revents != 0 {
                let count = recv(way.fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                var bytes = Array(buffer[..<count])
                if index == 1, let version { Self.replaceVersion(in: &bytes, with: version) }
                if index == 0, let fault = takeFault(Data(bytes)) {
                    struck.add(1, ordering: .relaxed)
                    guard strike(fault, bytes, client, upstream) else { return }
                    continue
                }
                Self.sendAll(bytes, to: index == 0 ? upstream : client)
            }
        }
    }

    /// The fault that is meant for a message, once.
    private func takeFault(_ message: Data) -> Fault? {
        fault.withLock { armed in
            guard let (fault, words) = armed, message.range(of: Data(words.utf8)) != nil else { return nil }
            armed = nil
            return fault
        }
    }

    /// - Returns: whether the connection goes on.
    private func strike(_ fault: Fault, _ commit: [UInt8], _ client: Int32, _ upstream: Int32) -> Bool {
        var answer = [UInt8](repeating: 0, count: 4_096)
        switch fault {
        case .answerLost:
            Self.sendAll(commit, to: upstream)
            _ = recv(upstream, &answer, answer.count, 0)
        case .requestLost: break
        case .requestLate:
            shutdown(client, Int32(SHUT_RDWR))
            Thread.sleep(forTimeInterval: 1)
            Self.sendAll(commit, to: upstream)
            _ = recv(upstream, &answer, answer.count, 0)
        case .answered(let severity, let code, let isCommitted):
            if isCommitted || severity == "ERROR" {
                Self.sendAll(isCommitted ? commit : Self.message("Q", Array("ROLLBACK\0".utf8)), to: upstream)
                _ = recv(upstream, &answer, answer.count, 0)
            }
            // ErrorResponse; the second field is the first one in English, whatever the server's language.
            let fields = ["S\(severity == "ERROR" ? "FEHLER" : "PANIK")", "V\(severity)", "C\(code)", "Mwords"]
            Self.sendAll(Self.message("E", Array((fields.joined(separator: "\0") + "\0\0").utf8)), to: client)
            if severity == "ERROR" {
                // ReadyForQuery: the server goes on.
                Self.sendAll(Self.message("Z", Array("I".utf8)), to: client)
                return true
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
        return false
    }

    /// A message of PostgreSQL's protocol.
    private static func message(_ type: Character, _ content: [UInt8]) -> [UInt8] {
        [type.asciiValue ?? 0] + withUnsafeBytes(of: UInt32(content.count + 4).bigEndian) { [UInt8]($0) } + content
    }

    /// Replaces the ParameterStatus message in which the server says its version.
    private static func replaceVersion(in bytes: inout [UInt8], with version: String) {
        let name = Array("server_version\0".utf8)
        guard let found = Data(bytes).range(of: Data(name)), found.lowerBound >= 5,
            let end = bytes[found.upperBound...].firstIndex(of: 0)
        else { return }
        bytes.replaceSubrange(
            (found.lowerBound - 5)...end, with: message("S", name + Array(version.utf8) + [0]))
    }

    private static func sendAll(_ bytes: [UInt8], to descriptor: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
