/// What one contributor sends, before each input share is encrypted to its node.
package struct TrainingUpload: Sendable {
    /// The report ID, in DAP.
    let nonce: [UInt8]
    let publicShare: [UInt8]
    /// The leader's and the helper's.
    let inputShares: [[UInt8]]

    var byteCount: Int { inputShares.reduce(publicShare.count) { $0 + $1.count } }
}
