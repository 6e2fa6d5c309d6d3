import ChildProcesses
import Foundation
import TestSupport
import Testing

/// Servers that answer as no node should, and TLS servers with certificates of every kind, in a process of their own: an
/// independent implementation of HTTP's and TLS's other side (Python's).
final class OddServers: Sendable {
    /// What a server does with every connection.
    enum Kind: String, CaseIterable {
        /// Plain `http`.
        case garbage, hangUp, midBody, page404, page401, page503, empty, wrongType, redirect, badRedirect, noStatus
        /// `https`, each with another certificate.
        case good, selfSigned, expired, notYet, otherName
        /// TLS in front of the node whose port was given.
        case proxy
    }

    let folder: TemporaryFolder
    private let ports: [String: Int]
    private let process: ChildProcess

    /// The authority that vouches for all certificates but the self-signed one.
    var authority: String { "\(folder.path)/ca.pem" }

    func url(_ kind: Kind, host: String = "127.0.0.1") -> String {
        let isTLS = [.good, .selfSigned, .expired, .notYet, .otherName, .proxy].contains(kind)
        return "\(isTLS ? "https" : "http")://\(host):\(ports[kind.rawValue] ?? 0)"
    }

    /// - Parameter upstream: the port behind `proxy`.
    static func run(upstream: UInt16 = 9, _ body: (OddServers) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await makeCertificates(in: folder.path)
        let log = "\(folder.path)/servers.log"
        try Self.program.write(toFile: "\(folder.path)/servers.py", atomically: true, encoding: .utf8)
        let process = try await ChildProcess.start(
            "/usr/bin/env", ["python3", "\(folder.path)/servers.py", folder.path, "\(upstream)"], output: .log(log))
        do {
            for _ in 0..<500 {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                if text.hasSuffix("\n"),
                    let ports = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Int]
                {
                    try await body(OddServers(folder: folder, ports: ports, process: process))
                    _ = await process.kill()
                    return
                }
                try #require(!process.hasEnded, "the servers ended: \(text)")
                try await Task.sleep(for: .milliseconds(20))
            }
            Issue.record("the servers do not start")
        } catch {
            _ = await process.kill()
            throw error
        }
        _ = await process.kill()
    }

    private init(folder: TemporaryFolder, ports: [String: Int], process: ChildProcess) {
        (self.folder, self.ports, self.process) = (folder, ports, process)
    }

    /// An authority, and certificates by it: for this machine, whose time is over or has not come, for another name. And
    /// one that has signed itself.
    private static func makeCertificates(in folder: String) async throws {
        func openssl(_ arguments: String) async throws {
            _ = try await OtherProgram.run(
                "/usr/bin/env", ["openssl"] + arguments.split(separator: " ").map(String.init))
        }
        let configuration = """
            [ca]
            default_ca = d
            [d]
            dir = \(folder)
            database = \(folder)/index.txt
            new_certs_dir = \(folder)
            rand_serial = yes
            default_md = sha256
            policy = p
            copy_extensions = copyall
            unique_subject = no
            [p]
            commonName = supplied
            [req]
            distinguished_name = n
            [n]
            """
        try configuration.write(toFile: "\(folder)/ca.cnf", atomically: true, encoding: .utf8)
        try Data().write(to: URL(fileURLWithPath: "\(folder)/index.txt"))
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        let here = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        try await openssl(
            "req -x509 \(key) -config \(folder)/ca.cnf -keyout \(folder)/ca.key -out \(folder)/ca.pem -days 30 -subj /CN=test-ca "
                + "-addext basicConstraints=critical,CA:TRUE")
        try await openssl(
            "req -x509 \(key) -config \(folder)/ca.cnf -keyout \(folder)/selfSigned.key -out \(folder)/selfSigned.pem -days 30 "
                + "-subj /CN=localhost -addext \(here)")
        for (name, names, start, end) in [
            ("good", here, "20200101000000Z", "20990101000000Z"),
            ("expired", here, "20200101000000Z", "20200201000000Z"),
            ("notYet", here, "20980101000000Z", "20990101000000Z"),
            ("otherName", "subjectAltName=DNS:elsewhere.example", "20200101000000Z", "20990101000000Z"),
        ] {
            try await openssl(
                "req -new \(key) -config \(folder)/ca.cnf -keyout \(folder)/\(name).key -out \(folder)/\(name).csr "
                    + "-subj /CN=\(name) -addext \(names)")
            try await openssl(
                "ca -batch -notext -config \(folder)/ca.cnf -cert \(folder)/ca.pem -keyfile \(folder)/ca.key "
                    + "-in \(folder)/\(name).csr -out \(folder)/\(name).pem -startdate \(start) -enddate \(end)")
        }
    }

    private static let program = #"""
        import json, os, socket, ssl, sys, threading, time
        folder, upstream = sys.argv[1], int(sys.argv[2])
        parent = os.getppid()

        def answer(text):
            return lambda c: (c.recv(65536), c.sendall(text.replace("\n", "\r\n").encode()))

        def page(status, more=""):
            body = "<html><body>Error: NIOSomethingError at /build/Sources/x.swift:7</body></html>"
            return answer(f"HTTP/1.1 {status} X\nContent-Type: text/html\n{more}Content-Length: {len(body)}\n"
                          f"Connection: close\n\n{body}")

        def pipe(a, b):
            try:
                while data := a.recv(65536):
                    b.sendall(data)
            except OSError:
                pass
            for end in (a, b):
                try: end.shutdown(socket.SHUT_RDWR)
                except OSError: pass

        def forward(c):
            up = socket.create_connection(("127.0.0.1", upstream))
            threading.Thread(target=pipe, args=(up, c), daemon=True).start()
            pipe(c, up)

        health = answer("HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close\n\nok")
        kinds = {
            "garbage": answer("SSH-2.0-OpenSSH_9.2\n"),
            "hangUp": lambda c: c.recv(65536),
            "midBody": answer("HTTP/1.1 200 OK\nContent-Length: 1000\n\nhalf"),
            "page404": page(404), "page401": page(401), "page503": page(503),
            "empty": answer("HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close\n\n"),
            "wrongType": page(200),
            "redirect": page(302, "Location: https://elsewhere.example/\n"),
            "badRedirect": page(302, "Location: https://elsewhere.example:99999/\x1b[31m\n"),
            "noStatus": answer("HTTP/1.1 000 X\nContent-Length: 0\nConnection: close\n\n"),
            "good": health, "selfSigned": health, "expired": health, "notYet": health, "otherName": health,
            "proxy": forward,
        }
        certificates = {"good": "good", "selfSigned": "selfSigned", "expired": "expired", "notYet": "notYet",
                        "otherName": "otherName", "proxy": "good"}

        def one(c, act, context):
            try:
                c.settimeout(20)
                if context:
                    c = context.wrap_socket(c, server_side=True)
                act(c)
            except Exception:
                pass
            finally:
                try: c.close()
                except OSError: pass

        def serve(listener, act, context):
            while True:
                c, _ = listener.accept()
                threading.Thread(target=one, args=(c, act, context), daemon=True).start()

        ports = {}
        for kind, act in kinds.items():
            context = None
            if kind in certificates:
                name = certificates[kind]
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
            listener = socket.create_server(("127.0.0.1", 0))
            ports[kind] = listener.getsockname()[1]
            threading.Thread(target=serve, args=(listener, act, context), daemon=True).start()
        print(json.dumps(ports), flush=True)
        end = time.time() + 300
        while time.time() < end and os.getppid() == parent:
            time.sleep(0.2)
        """#
}

/// A command line that a shell runs, for limits that only a shell sets.
enum ChildProcessShell {
    static func run(_ script: String) async throws -> CommandResult {
        let outcome = try await ChildProcess.run("/bin/sh", ["-c", script])
        return CommandResult(
            status: outcome.ending.status, output: String(decoding: outcome.output, as: UTF8.self),
            errors: String(decoding: outcome.errors, as: UTF8.self))
    }
}

/// Listens on a port and answers nothing.
struct PortTaker {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 8) == 0)
    }

    func close() { _ = Foundation.close(descriptor) }
}
