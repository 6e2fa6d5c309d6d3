import NodeAPI

extension NodeContext {
    /// The path of one of this node's resources, for a `Location`: below the path of its public URL.
    func path<each ID: PathText>(_ endpoint: Endpoint<repeat each ID>, _ ids: repeat each ID) -> String {
        configuration.publicURL.path + endpoint.path(repeat each ids)
    }
}
