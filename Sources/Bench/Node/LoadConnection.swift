// The least that speaks HTTP/1.1 to a node on this machine: one request at a time over a socket that stays open.
//
// Contributors use AsyncHTTPClient. A request through it takes about 300 µs of processor time, which is nothing for whoever
// sends one, and a fifth of all work where the nodes are measured on the same processors. This takes less than a quarter
// of that. It knows the one answer that a leader gives when all is well; whatever else comes, the caller asks again with the
// client that understands it.

import Foundation

/// What an upload was answered.
package struct LoadAnswer: Sendable, Equatable {
    package let status: Int
    package let bodyBytes: Int
    /// Whether a header promises that the log will have the reports.
    package let isPromised: Bool
    /// Whether the server takes no other request over the connection.
    package let closes: Bool

    /// Reads the head of an answer, up to and with the empty line.
    ///
    /// - Parameter promise: the name of the header that promises.
    /// - Returns: nil for what is no head, or one that does not say how long its body is.
    package init?(head: [UInt8], promise: String) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count >= 2, words[0] == "HTTP/1.1",
            let status = Int(words[1])
        else { return nil }
        var (bytes, isPromised, closes): (Int?, Bool, Bool) = (nil, false, false)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch name {
            case "content-length": bytes = Int(value)
            case "connection": closes = value.lowercased() == "close"
            case promise.lowercased(): isPromised = true
            default: break
            }
        }
        guard let bytes, bytes >= 0 else { return nil }
        self.status = status
        bodyBytes = bytes
        self.isPromised = isPromised
        self.closes = closes
    }
}

/// A connection to a server at 127.0.0.1. Blocks; for a thread of its own.
package struct LoadConnection: ~Copyable {
    private let port: UInt16
    private let promise: String
    private let patience: Duration
    private var descriptor: Int32 = -1

    private static let longestHead = 32 << 10

    /// - Parameters:
    ///   - promise: the name of the header that ``LoadAnswer/isPromised`` is about.
    ///   - patience: how long the server may be silent.
    package init(port: UInt16, promise: String, patience: Duration) {
        self.port = port
        self.promise = promise
        self.patience = patience
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter request: head and body.
    /// - Returns: nil where there is no connection, or it broke, or what came is no answer. The request may have arrived.
    package mutating func exchange(_ request: [UInt8]) -> LoadAnswer? {
        if descriptor < 0 { connect() }
        guard descriptor >= 0, send(request), let answer = receive() else {
            disconnect()
            return nil
        }
        if answer.closes { disconnect() }
        return answer
    }

    private mutating func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    private mutating func connect() {
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return }
        var isOn: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: Int(max(1, patience.components.seconds)), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = descriptor
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if !isConnected { disconnect() }
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            // SIGPIPE is ignored in this program, so a connection that is closed is an error here.
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private func receive() -> LoadAnswer? {
        var received: [UInt8] = []
        var answer: LoadAnswer?
        var end = 0
        while true {
            if let answer, received.count >= end + answer.bodyBytes { return answer }
            let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
                var count = 0
                repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
                initialized = max(0, count)
            }
            guard !part.isEmpty else { return nil }
            received += part
            guard answer == nil else { continue }
            guard let position = Self.endOfHead(received) else {
                guard received.count < Self.longestHead else { return nil }
                continue
            }
            guard let parsed = LoadAnswer(head: Array(received[..<position]), promise: promise) else { return nil }
            (answer, end) = (parsed, position)
        }
    }

    /// The place behind the first empty line.
    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var end = 4
            while end <= bytes.count {
                if bytes[end - 1] == 10, bytes[end - 2] == 13, bytes[end - 3] == 10, bytes[end - 4] == 13 { return end }
                end += 1
            }
            return nil
        }
    }
}
