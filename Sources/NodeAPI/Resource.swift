/// What servers and clients say to each other about one resource: one value, which routes, clients and the page
/// `Protocols/http.md` share, so that nobody can change one of them alone.
///
/// Only what a caller has to know before it asks is here. What is said in bodies is where the messages are: in DAP-18 and
/// in the modules `DAP` and `Ledger`.
package struct Resource: Sendable, Equatable {
    /// Methods that nodes know. (A GET is answered to HEAD, too, without its body.)
    package enum Method: String, Sendable, Hashable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case delete = "DELETE"
    }

    /// Who serves a resource. The first two are roles of a node in a task; a witness may be a server of its own.
    package enum Server: String, Sendable, Hashable, CaseIterable {
        case leader, helper, witness
    }

    /// Who may ask. Whoever needs a token sends it as `Authorization: Bearer`.
    package enum Caller: String, Sendable, Hashable, CaseIterable {
        case anybody
        /// The other aggregator of the task.
        case aggregator
        /// The task's collector.
        case collector
    }

    /// What the header `DAP-Taskprov` of a request may do.
    package enum Announcement: String, Sendable, Hashable {
        /// The resource belongs to no task, and nobody looks at the header.
        case ignored = "—"
        /// It has to announce the task in the path.
        case compared
        /// And a node may opt into a task by it that it did not know (taskprov-04).
        case optsIn = "opts in"
    }

    /// An answer that is no refusal.
    package struct Success: Sendable, Equatable {
        package let status: Int
        /// Nil where there is no body.
        package let type: ContentType?

        package init(_ status: Int, _ type: ContentType? = nil) {
            self.status = status
            self.type = type
        }
    }

    /// Its name in this module and in `Protocols/http.md`.
    package let name: String
    package let method: Method
    package let path: PathTemplate
    package let servers: Set<Server>
    package let caller: Caller
    package let announcement: Announcement
    /// What a request's body may be.
    package let request: BodyRule
    package let successes: [Success]
    /// Statuses of refusals of its own, beside the ``commonRefusals``; 409 and 404 mean what its protocol says.
    package let refusals: Set<Int>
    /// Whether it does no harm to send the same request again when nobody knows what became of the first.
    package let isRepeatable: Bool

    package init(
        _ name: String, _ method: Method, _ path: PathTemplate, at servers: Set<Server>, for caller: Caller = .anybody,
        announcement: Announcement = .ignored, takes request: BodyRule = .nothing, answers successes: [Success],
        refusals: Set<Int> = [], isRepeatable: Bool = true
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.servers = servers
        self.caller = caller
        self.announcement = announcement
        self.request = request
        self.successes = successes
        self.refusals = refusals
        self.isRepeatable = isRepeatable
    }

    /// Statuses by which a server refuses what many resources refuse alike.
    ///
    /// 400: no request as HTTP or the path has it; 404: no such path, or a task that is not served; 405: another method;
    /// 408: it came too slowly; 500: a fault of the server; 503: not now, `Retry-After` says when; 413, 415 and 501: a body
    /// that is too long or in a form that nobody unpacks; 401 and 403: no token, or the wrong one.
    package var commonRefusals: Set<Int> {
        var statuses: Set<Int> = [400, 404, 405, 408, 500, 503]
        if request != .nothing { statuses.formUnion([413, 415, 501]) }
        if caller != .anybody { statuses.formUnion([401, 403]) }
        return statuses
    }
}
