import VDAF

/// An aggregator's running sum of output shares.
package protocol OutputShareAccumulator: Sendable {
    /// Adds an encoded output share.
    ///
    /// - Throws: `.invalidEncoding`; the sum is then unchanged.
    mutating func add(_ outputShare: [UInt8]) throws(VDAFError)
    /// How many output shares have been added.
    var count: Int { get }
    /// The encoded aggregate share.
    func aggregateShare() -> [UInt8]
}

struct VDAFAccumulator<V: VDAF>: OutputShareAccumulator where V.AggregationParameter == Void {
    private let vdaf: V
    private var share: V.AggregateShare
    private(set) var count = 0

    init(_ vdaf: V) {
        self.vdaf = vdaf
        share = vdaf.aggregateInit(())
    }

    mutating func add(_ outputShare: [UInt8]) throws(VDAFError) {
        vdaf.aggregateUpdate(&share, with: try vdaf.decodeOutputShare(outputShare))
        count += 1
    }

    func aggregateShare() -> [UInt8] { vdaf.encode(aggregateShare: share) }
}
