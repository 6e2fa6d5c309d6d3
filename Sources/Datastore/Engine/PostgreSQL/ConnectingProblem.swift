/// Why no connection came about, in words that help an operator.
///
/// libpq gives text only. The server's part of it ends with the code, because the connection asks for codes; what failed
/// before there was a server is libpq's own, in English.
package struct ConnectingProblem {
    /// libpq's message, a line or more for each host.
    let words: String
    let needsPassword: Bool
    /// The server and database, as in ``PostgreSQLLocation/shown``.
    let place: String

    package init(words: String, needsPassword: Bool, place: String) {
        self.words = words
        self.needsPassword = needsPassword
        self.place = place
    }

    package var failure: PostgreSQLFailure {
        let server = "the database server (\(place))"
        if needsPassword {
            return .init(.final, .unavailable("\(server) wants a password: name a password_file"))
        }
        if let state {
            switch state {
            case .wrongPassword:
                return .init(.final, .unavailable("\(server) refuses the password: check password_file and user"))
            case _ where state.errorClass == "28":
                return .init(
                    .final, .unavailable("\(server) does not let this user in from here: see its pg_hba.conf and roles")
                )
            case .databaseMissing:
                return .init(.final, .unavailable("\(server) has no such database: create it, encoded in UTF8"))
            case .insufficientPrivilege:
                return .init(.final, .unavailable("\(server) does not let this user connect: GRANT CONNECT to it"))
            case .tooManyConnections:
                // Others come and go: worth another try within the patience for lost servers.
                return .init(
                    .lost,
                    .busy("\(server) has no free connection: raise its max_connections, or lower connections"))
            case _ where state.isServerGoing:
                return .init(.lost, .unavailable("\(server) is starting or stopping"))
            default:
                return .init(.final, .unavailable("\(server) refuses the connection (\(state.code))"))
            }
        }
        let says = { (text: String) in words.contains(text) }
        if says("certificate") || says("SSL") || says("root.crt") {
            return .init(.final, .unavailable("the way to \(server) cannot be protected: \(line)"))
        }
        if says("session is read-only") || says("hot standby") || says("is in recovery") {
            return .init(.lost, .unavailable("\(server) can only be read: it is a standby, or set to read-only"))
        }
        if says("could not translate host name") {
            return .init(.lost, .unavailable("the host of \(server) has no address: check the name"))
        }
        if says("Connection refused") || says("No such file or directory") {
            return .init(.lost, .unavailable("\(server) does not listen there: is it running?"))
        }
        if words.isEmpty || says("timeout") || says("timed out") || says("No route") || says("unreachable") {
            return .init(.lost, .unavailable("\(server) does not answer: check host, port and network"))
        }
        if says("server closed the connection") || says("reset by peer") || says("Broken pipe") {
            return .init(.lost, .unavailable("\(server) closes the connection at once"))
        }
        return .init(.final, .unavailable("\(server) cannot be reached: \(line)"))
    }

    /// The code at the end of the server's last line, as in `FATAL:  28P01`.
    private var state: SQLState? {
        guard let last = line.split(separator: " ").last, last.utf8.count == 5, line.contains(":  \(last)"),
            last.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
        else { return nil }
        return SQLState(String(last))
    }

    private var line: String { words.split(separator: "\n").last.map(String.init) ?? "" }
}
