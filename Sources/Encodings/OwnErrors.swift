/// Errors with a text that was written for people, and the rest.
///
/// Every error of this project describes itself. Those of the libraries below show their types, numbers and source lines,
/// which are for whoever maintains them. A text reaches a person only where its error is one of ours.
package enum OwnErrors {
    /// All of ours, which a test holds against the folder `Sources`.
    package static let modules: Set<Substring> = [
        "AggregatorNode", "ArgumentParser", "Bench", "ChildProcesses", "Commitments", "Contributor", "Credit", "DAP",
        "Datastore", "DurableFiles", "Ed25519", "Encodings", "Hashing", "InputFiles", "Ledger", "NodeAPI", "Owner",
        "Parallel", "PostgresServer", "Requests", "Ristretto255", "Secrets", "SharedModel", "TaskTypes", "Tasks",
        "TensorFiles", "TransparencyLog", "Transport", "VDAF", "VectorCheck", "Wallet", "ZeroKnowledge", "cairn",
    ]

    /// The text of an error of ours; nil for others'.
    package static func text(_ error: any Error) -> String? {
        guard error is any CustomStringConvertible else { return nil }
        let name = String(reflecting: type(of: error))
        return modules.contains(name.prefix { $0 != "." }) ? String(describing: error) : nil
    }
}
