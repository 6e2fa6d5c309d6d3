/// Every resource that a node or a witness serves, DAP's and Cairn's own. `Protocols/http.md` says the same to people.
///
/// A new resource is written here, in ``all``, and on the page; tests compare the page with it, and ask running servers for
/// each of them.
package enum API {
    /// All of them, in the order of the page.
    package static let all: [Resource] =
        everyNode + contributors + collector + aggregators + log + witness

    /// What a server has, by its roles.
    package static func served(by servers: Set<Resource.Server>) -> [Resource] {
        all.filter { !$0.servers.isDisjoint(with: servers) }
    }
}

extension Resource {
    /// A refusal that a protocol of ours gives a meaning of its own.
    static let notFound = 404
    static let conflict = 409
    static let gone = 410
    static let tooMany = 429
    static let diskFull = 507
}
