import Crypto

// C2SP tlog-witness, below a prefix: `/witness` at a helper, nothing at a server that is a witness and nothing else.

extension API {
    /// The submission and monitoring prefix of a helper's witness.
    package static let helperWitnessPrefix = "/witness"

    /// Asks for a cosignature. 409 tells which tree the witness remembers, 422 that the proof does not hold.
    package static let addCheckpoint = FixedEndpoint(
        Resource(
            "addCheckpoint", .post, "/add-checkpoint", at: [.helper, .witness],
            takes: .one(of: [.text], upTo: .bytes(BodyLimit.checkpoint), isChecked: false),
            answers: [.init(200, .text)], refusals: [403, Resource.conflict, 422]))

    /// The newest checkpoint of a log that the witness has cosigned, by the hash of the log's origin.
    package static let witnessed = Endpoint<HashName>(
        Resource("witnessed", .get, "/{origin}/checkpoint", at: [.helper, .witness], answers: [.init(200, .text)]))

    /// By which name a witness serves a log.
    package static func originName(_ origin: String) -> HashName {
        HashName(Array(SHA256.hash(data: Array(origin.utf8))))
    }

    static let witness = [addCheckpoint.resource, witnessed.resource]

    /// What stands before a resource's path at such a server.
    package static func prefix(of resource: Resource, at server: Resource.Server) -> String {
        server == .helper && witness.contains(resource) ? helperWitnessPrefix : ""
    }
}
