import Foundation
import Synchronization

/// Stands between a client and a PostgreSQL server on their Unix sockets, and once does to a COMMIT what a bad moment does.
final class LossyProxy: Sendable {
    enum Fault: Sendable {
        /// The server commits, and its answer is lost.
        case answerLost
        /// The connection is lost before the server hears of the COMMIT.
        case requestLost
        /// The client is cut off at once, and the server hears of the COMMIT only later.
        case requestLate
    }

    let folder: String
    private let server: String
    private let listener: Int32
    private let fault = Mutex<Fault?>(nil)
    private let struck = Atomic<Int>(0)

    /// How many COMMITs were spoiled.
    var count: Int { struck.load(ordering: .relaxed) }

    init(to folder: String) throws {
        self.folder = "/tmp/cairn-px-\(UInt32.random(in: 0...UInt32.max))"
        server = "\(folder)/.s.PGSQL.5432"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = Self.withAddress("\(self.folder)/.s.PGSQL.5432") { bind(listener, $0, $1) }
        precondition(bound == 0 && listen(listener, 16) == 0)
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

    /// Takes no new connections from now on.
    func refuseOthers() { shutdown(listener, Int32(SHUT_RDWR)) }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What becomes of the next COMMIT.
    func arm(_ fault: Fault) { self.fault.withLock { $0 = fault } }

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
                let bytes = Array(buffer[..<count])
                let isCommit = index == 0 && Data(bytes).range(of: Data("COMMIT\0".utf8)) != nil
                if isCommit, let fault = fault.withLock({ $0.take() }) {
                    struck.add(1, ordering: .relaxed)
                    return strike(fault, bytes, client, upstream)
                }
                Self.sendAll(bytes, to: index == 0 ? upstream : client)
            }
        }
    }

    private func strike(_ fault: Fault, _ commit: [UInt8], _ client: Int32, _ upstream: Int32) {
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
        }
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
