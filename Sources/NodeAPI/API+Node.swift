// What every node tells everybody.

extension API {
    /// Whether the server is there.
    package static let health = FixedEndpoint(
        Resource("health", .get, "/healthz", at: [.leader, .helper, .witness], answers: [.init(200, .text)]))

    /// The HPKE configurations to which inputs are encrypted (DAP-18), signed for the tasks that name the node's key.
    package static let hpkeConfig = FixedEndpoint(
        Resource(
            "hpkeConfig", .get, "/hpke_config", at: [.leader, .helper], answers: [.init(200, .dap(.hpkeConfigList))]))

    /// The public keys that go into tasks.
    package static let info = FixedEndpoint(
        Resource("info", .get, "/cairn/info", at: [.leader, .helper], answers: [.init(200, .json)]))

    /// Shows a node a checkpoint of its log, so that one which was restored from a backup notices.
    package static let checkpoints = FixedEndpoint(
        Resource(
            "checkpoints", .post, "/cairn/checkpoints", at: [.leader, .helper],
            takes: .one(of: [.text], upTo: .bytes(BodyLimit.small), isChecked: false), answers: [.init(204)]))

    /// Whether two nodes fit each other. Strangers are answered, and told little.
    package static let handshake = FixedEndpoint(
        Resource(
            "handshake", .post, "/cairn/handshake", at: [.leader, .helper],
            takes: .one(of: [.handshakeRequest], upTo: .bytes(BodyLimit.handshake), isChecked: true),
            answers: [.init(200, .handshakeAnswer)], refusals: [Resource.tooMany]))

    static let everyNode = [
        health.resource, hpkeConfig.resource, info.resource, checkpoints.resource, handshake.resource,
    ]
}
