import Datastore
import DurableFiles

/// Why a node does not start, for its operator.
package enum NodeStartError: Error, Sendable, CustomStringConvertible {
    case keys(KeyFileError)
    case files(DurableFileError)
    /// name: a file, or the key of the configuration that says where it is.
    case database(name: String, DatastoreError)
    /// Another process of ours works in the same data folder.
    case alreadyRunning(dataDirectory: String)
    /// Something else listens on the port.
    case portInUse(host: String, port: Int)
    /// Database and keys do not belong together.
    case generation(GenerationError)
    /// The node has found that its state is older than what it has signed, now or before.
    case halted(String)
    /// Another server or another process has the database now.
    case databaseLost(String)
    /// The address cannot be listened on, or a service failed.
    case failed(String)

    package var description: String {
        switch self {
        case .keys(let error): error.description
        case .files(let error): error.description
        case .database(let name, let error): "\(name): \(error)"
        case .alreadyRunning(let folder): "another process is running with data_dir \(folder)"
        case .portInUse(let host, let port):
            "cannot listen on \(host):\(port): the port is in use; stop the other program or change 'listen'"
        case .generation(let error): error.description
        case .halted(let reason):
            "this node is stopped: its state is older than what it has signed. \(reason). Nothing must be signed with this "
                + "database and these keys any more. Put the newest database back, or declare the restore: "
                + "cairn node restored"
        case .databaseLost(let reason): "the node ended: \(reason)"
        case .failed(let reason): reason
        }
    }
}
