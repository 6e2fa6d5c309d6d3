/// Whose state a database holds.
package enum DatabaseRole: String, Sendable, CaseIterable {
    case leader
    case helper
    case witness
}

/// In which roles a database has been used, in the order in which that began. Pure.
///
/// Until schema 4 a database had one role, and the rows of its tasks did not say it: it is the first of these.
package struct DatabaseRoles: Sendable, Equatable {
    /// At least one, none twice.
    package let all: [DatabaseRole]

    /// - Returns: nil where there is none, or one twice.
    package init?(_ roles: [DatabaseRole]) {
        guard !roles.isEmpty, Set(roles).count == roles.count else { return nil }
        all = roles
    }

    /// The role of a task whose row does not say which.
    package var former: NodeRole? { all.first.flatMap { NodeRole(rawValue: $0.rawValue) } }

    /// What becomes of the roles of a database when somebody uses it in these.
    ///
    /// A node may take a role on. It cannot leave one behind: tasks in which it has promised something would go unserved, and
    /// nobody would notice. And a database of one role alone is not another's.
    ///
    /// - Parameter known: nil for a database that nobody has used.
    /// - Returns: nil where it is refused.
    package static func claimed(_ known: DatabaseRoles?, by roles: DatabaseRoles) -> DatabaseRoles? {
        guard let known else { return roles }
        guard known.all.allSatisfy(roles.all.contains) else { return nil }
        return DatabaseRoles(known.all + roles.all.filter { !known.all.contains($0) })
    }

    // MARK: As it is stored

    /// `leader`, or `helper+leader`.
    package var stored: String { all.map(\.rawValue).joined(separator: "+") }

    package init?(stored text: String) {
        let roles = text.split(separator: "+", omittingEmptySubsequences: false).map {
            DatabaseRole(rawValue: String($0))
        }
        guard roles.allSatisfy({ $0 != nil }) else { return nil }
        self.init(roles.compactMap(\.self))
    }
}

extension DatabaseRoles: CustomStringConvertible {
    /// `a leader's and a helper's`, for sentences.
    package var description: String { all.map { "a \($0.rawValue)'s" }.joined(separator: " and ") }

    /// Why a database that has these is not used in others.
    package func refusal(of roles: DatabaseRoles) -> String {
        let names = roles.all.map(\.rawValue).joined(separator: " and ")
        let lacking = all.filter { !roles.all.contains($0) }
        guard Set(all).isStrictSuperset(of: roles.all) else {
            return "the database is \(self), and this is a \(names): give each a database of its own"
        }
        return "the database is \(self), and this is a \(names) alone: put the section "
            + lacking.map { "'\($0.rawValue)'" }.joined(separator: " and ")
            + " back into the configuration, or the tasks of that role would go unserved"
    }
}
