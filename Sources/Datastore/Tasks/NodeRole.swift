import DAP

/// Which of DAP's two aggregators a node is in a task.
package enum NodeRole: String, Sendable, CaseIterable {
    case leader, helper

    /// The role's number on the wire.
    package var dap: Role { self == .leader ? .leader : .helper }
    package var peer: NodeRole { self == .leader ? .helper : .leader }
}

extension SQLRow {
    /// A role, as its name stands in a column.
    func optionalRole(_ column: String) throws -> NodeRole? {
        guard let text = try optionalText(column) else { return nil }
        guard let role = NodeRole(rawValue: text) else { throw DatastoreError.corrupt("\(column) is no role: \(text)") }
        return role
    }
}
