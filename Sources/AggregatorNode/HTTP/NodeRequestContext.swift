import DAP
import Hummingbird
import NIOCore

/// The context that all handlers of a node receive.
package struct NodeRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The connection that the request came over.
    let channel: any Channel
    /// What the request's body takes of the process's memory.
    var memory: MemoryBudget.Reservation?

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The task that the path names, if it names one.
    var namedTask: TaskID? { parameters.get("task").flatMap { TaskID(base64URL: $0) } }
}
