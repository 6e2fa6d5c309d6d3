import DAP
import Datastore
import Hummingbird
import NodeAPI

/// The routes of a node, gathered before the router is built so that a path that exists answers 405 with `Allow`, not
/// 404, to other methods.
///
/// Method, path and name of a route are those of ``NodeAPI/API``; here they meet who answers. Paths are relative to the path
/// of the node's public URL. A request is looked up once, by path and method; what a node may be asked for in both roles
/// is one route, which then looks at the task.
package struct RouteTable {
    package typealias Handler = @Sendable (Request, NodeRequestContext) async throws -> Response
    /// The node's role in the task of a request.
    package typealias RoleOfTask = @Sendable (Request, NodeRequestContext) async throws -> NodeRole

    private struct Place {
        let path: PathTemplate
        var handlers: [Resource.Method: Handler] = [:]
    }

    /// By the path's shape: what the names in it are called tells nothing apart.
    private var places: [String: Place] = [:]
    private var conflict: RouteConflict?

    package init() {}

    /// Serves a resource.
    package mutating func add<each ID: PathText>(_ endpoint: Endpoint<repeat each ID>, _ handler: @escaping Handler) {
        on(endpoint.resource.method, endpoint.resource.path, handler)
    }

    /// Serves a resource that leaders and helpers have, each in its own way.
    ///
    /// - Parameters:
    ///   - leader: answers for tasks that the node leads; nil where it leads none.
    ///   - helper: answers for tasks in which it helps; nil likewise.
    package mutating func add<each ID: PathText>(
        _ endpoint: Endpoint<repeat each ID>, leader: Handler?, helper: Handler?, roleOfTask: @escaping RoleOfTask
    ) {
        add(endpoint) { request, context in
            let role = try await roleOfTask(request, context)
            guard let handler = role == .leader ? leader : helper else {
                throw NodeError.unrecognizedTask(try context.taskID())
            }
            return try await handler(request, context)
        }
    }

    package mutating func get(_ path: PathTemplate, _ handler: @escaping Handler) { on(.get, path, handler) }
    package mutating func post(_ path: PathTemplate, _ handler: @escaping Handler) { on(.post, path, handler) }

    /// Serves `method` on a path. The first of two handlers for the same requests stays, and ``check()`` tells.
    private mutating func on(_ method: Resource.Method, _ path: PathTemplate, _ handler: @escaping Handler) {
        var place = places[path.shape] ?? Place(path: path)
        if place.handlers[method] == nil {
            place.handlers[method] = handler
        } else if conflict == nil {
            conflict = RouteConflict(method: method, path: path)
        }
        places[path.shape] = place
    }

    /// - Throws: where two handlers were given for the same requests: one of them would never be asked.
    package func check() throws(RouteConflict) {
        if let conflict { throw conflict }
    }

    /// What is served, as `POST /tasks/{task}/reports`.
    package var requests: Set<String> {
        Set(places.values.flatMap { place in place.handlers.keys.map { "\($0.rawValue) \(place.path)" } })
    }

    /// Hands every route, and a 405 for every other method of a known path, to a router.
    func register(on router: Router<NodeRequestContext>, below prefix: String) {
        for place in places.values {
            let full = RouterPath(prefix + place.path.routerPath)
            var handlers: [HTTPRequest.Method: Handler] = [:]
            for (method, handler) in place.handlers { handlers[method.request] = handler }
            let allowed = handlers.keys.map(\.rawValue).sorted().joined(separator: ", ")
            if let get = handlers[.get] {
                handlers[.head] = { request, context in try await get(request, context).createHeadResponse() }
            }
            for method in Self.methods {
                let handler =
                    handlers[method] ?? { _, _ in
                        throw NodeError.http(
                            405, "This resource answers to \(allowed).", headers: [.init("Allow", allowed)])
                    }
                router.on(full, method: method, use: handler)
            }
        }
    }

    /// Those of RFC 9110 and RFC 5789.
    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
    ]
}

/// A fault of this program, found before it serves anybody.
package struct RouteConflict: Error, Sendable, Equatable, CustomStringConvertible {
    let method: Resource.Method
    let path: PathTemplate

    package var description: String {
        "this version of the node has two handlers for \(method.rawValue) \(path), which is a fault of the program; "
            + "nothing is served"
    }
}

extension Resource.Method {
    fileprivate var request: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .delete: .delete
        }
    }
}

extension PathTemplate {
    /// As the router writes it: `/tasks/:task/reports`.
    fileprivate var routerPath: String {
        parts.map { part in
            switch part {
            case .literal(let text): "/" + text
            case .parameter(let name): "/:" + name
            case .rest: "/**"
            }
        }.joined()
    }
}
