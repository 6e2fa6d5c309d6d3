import DAP
import Hummingbird

/// The routes of a node, gathered before the router is built so that a path that exists answers 405 with `Allow`, not
/// 404, to other methods.
///
/// Paths are Hummingbird's (`/tasks/:task/reports`), relative to the path of the node's public URL.
package struct RouteTable {
    package typealias Handler = @Sendable (Request, NodeRequestContext) async throws -> Response

    private(set) var routes: [String: [HTTPRequest.Method: Handler]] = [:]

    package init() {}

    /// Serves `method` on `path`. A second handler for the same pair replaces the first.
    package mutating func on(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        routes[path, default: [:]][method] = handler
    }

    package mutating func get(_ path: String, _ handler: @escaping Handler) { on(.get, path, handler) }
    package mutating func post(_ path: String, _ handler: @escaping Handler) { on(.post, path, handler) }
    package mutating func delete(_ path: String, _ handler: @escaping Handler) { on(.delete, path, handler) }

    /// Hands every route, and a 405 for every other method of a known path, to a router.
    func register(on router: Router<NodeRequestContext>, below prefix: String) {
        for (path, methods) in routes {
            let full = RouterPath(prefix + path)
            for (method, handler) in methods { router.on(full, method: method, use: handler) }
            if let get = methods[.get], methods[.head] == nil {
                router.on(full, method: .head) { request, context in
                    try await get(request, context).createHeadResponse()
                }
            }
            let allowed = methods.keys.map(\.rawValue).sorted().joined(separator: ", ")
            let others: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
            for method in others where methods[method] == nil && !(method == .head && methods[.get] != nil) {
                router.on(full, method: method) { _, _ -> Response in
                    throw NodeError.http(
                        405, "This resource answers to \(allowed).", headers: [.init("Allow", allowed)])
                }
            }
        }
    }
}
