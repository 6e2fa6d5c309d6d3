/// A resource together with the types of what stands in its path, so that nobody can build the path of one resource with
/// the ids of another.
package struct Endpoint<each ID: PathText>: Sendable {
    package let resource: Resource

    /// - Precondition: the resource's path has as many names as there are types.
    package init(_ resource: Resource) {
        var count = 0
        for _ in repeat (each ID).self { count += 1 }
        precondition(resource.path.parameters.count == count, "\(resource.name) has other ids")
        self.resource = resource
    }

    /// The path below a server's URL.
    package func path(_ ids: repeat each ID) -> String {
        var texts: [String] = []
        for id in repeat each ids { texts.append(id.pathText) }
        return resource.path.filled(with: texts)
    }

    /// - Parameter server: the server's URL, with or without a slash at its end, as it stands in a task.
    package func url(at server: String, _ ids: repeat each ID) -> String {
        var texts: [String] = []
        for id in repeat each ids { texts.append(id.pathText) }
        let base = server.utf8.last == UInt8(ascii: "/") ? String(server.dropLast()) : server
        return base + resource.path.filled(with: texts)
    }

    /// The same resource below a path of a server.
    package func below(_ prefix: String) -> Endpoint { Endpoint(resource.below(prefix)) }
}

/// One whose path is the same for everybody. (The formatter would take the space out, and the compiler read an operator.)
// swift-format-ignore
package typealias FixedEndpoint = Endpoint< >

extension Resource {
    /// The same resource below a path of a server; nothing changes for `""`.
    package func below(_ prefix: String) -> Resource {
        Resource(
            name, method, path.below(prefix), at: servers, for: caller, announcement: announcement, takes: request,
            answers: successes, refusals: refusals, isRepeatable: isRepeatable)
    }
}
