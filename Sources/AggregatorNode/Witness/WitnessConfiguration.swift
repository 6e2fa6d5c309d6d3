import Encodings
import TransparencyLog

/// Everything that the operator of a stand-alone witness decides; read from the file named by
/// `cairn witness run --config`, or from its flags.
///
/// ```yaml
/// listen: 127.0.0.1:8401
/// data_dir: witness-data           # witness.sqlite
/// key_file: witness.key            # cairn keygen witness
/// logs:                            # verifier keys; a key's name is the log's origin
///   - example.org/log+0a1b2c3d+AQ…
/// ```
///
/// Paths are relative to the folder of the file.
package struct WitnessConfiguration: Sendable, Equatable {
    package var listen: ListenAddress
    package var dataDirectory: String
    package var keyFile: String
    package var logs: [NoteVerifier]

    package init(listen: ListenAddress, dataDirectory: String, keyFile: String, logs: [NoteVerifier]) {
        self.listen = listen
        self.dataDirectory = dataDirectory
        self.keyFile = keyFile
        self.logs = logs
    }

    /// Reads the file at `path`.
    package static func load(path: String) throws(ConfigurationError) -> WitnessConfiguration {
        try load(yaml: try YAMLSection.text(ofFile: path), file: path)
    }

    /// Reads a configuration from its text; `file` names it in errors.
    package static func load(yaml: String, file: String) throws(ConfigurationError) -> WitnessConfiguration {
        let root = try YAMLSection.document(yaml, file: file)
        try root.allowOnly(["listen", "data_dir", "key_file", "logs"])
        let listen = try root.value("listen", reason: ListenAddress.form) { ListenAddress($0) }
        let texts = try root.texts("logs")
        let logs: [NoteVerifier]
        do throws(LogListError) { logs = try Self.logs(texts) } catch { throw root.invalid("logs", error.description) }
        return WitnessConfiguration(
            listen: listen, dataDirectory: YAMLSection.path(try root.text("data_dir"), besideFile: file),
            keyFile: YAMLSection.path(try root.text("key_file"), besideFile: file), logs: logs)
    }

    /// Reads a list of logs: one key for each origin.
    package static func logs(_ texts: [String]) throws(LogListError) -> [NoteVerifier] {
        var logs: [NoteVerifier] = []
        for text in texts {
            let log: NoteVerifier
            do throws(NoteKeyError) { log = try NoteVerifier(vkey: text) } catch {
                throw LogListError(description: "\(text): \(error)")
            }
            guard log.type == .ed25519 else {
                throw LogListError(description: "\(text) is a witness's key; logs sign with keys of type 0x01")
            }
            guard !logs.contains(where: { ProtocolText.same($0.name, log.name) }) else {
                throw LogListError(description: "the log \(log.name) stands there twice")
            }
            logs.append(log)
        }
        return logs
    }

    /// What is wrong with a list of logs.
    package struct LogListError: Error, Sendable, CustomStringConvertible {
        package let description: String
    }

    var databasePath: String { "\(dataDirectory)/witness.sqlite" }
}
