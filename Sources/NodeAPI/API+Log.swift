// The leader's log and what belongs to it (C2SP tlog-tiles): files that everybody may keep and pass on.

extension API {
    /// Where a leader's log is, below its URL.
    package static let logPrefix = "/log"

    package static let logCheckpoint = FixedEndpoint(
        Resource("logCheckpoint", .get, "/log/checkpoint", at: [.leader], answers: [.init(200, .text)]))

    /// Tiles of hashes and bundles of entries.
    package static let tile = Endpoint<TilePath>(
        Resource("tile", .get, "/log/tile/{tile...}", at: [.leader], answers: [.init(200, .bytes)]))

    /// Long vectors that entries name by their hash.
    package static let logBlob = Endpoint<HashName>(
        Resource("logBlob", .get, "/log/blob/{blob}", at: [.leader], answers: [.init(200, .bytes)]))

    /// The helper's aggregate share in the open, which the leader mirrors beside its log.
    package static let blob = Endpoint<HashName>(
        Resource("blob", .get, "/cairn/blobs/{blob}", at: [.helper], answers: [.init(200, .bytes)]))

    static let log = [logCheckpoint.resource, tile.resource, logBlob.resource, blob.resource]
}
