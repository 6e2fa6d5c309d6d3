/// What can be done to a collection job, and in which states. Pure.
///
/// Each move is one transaction, and names the states that it starts from: one that was made before the node was killed
/// cannot be made again.
enum CollectionMove: CaseIterable {
    /// The batch is chosen.
    case seal
    /// The leaves are fixed that the helper will be asked to close over.
    case propose
    /// Reports are taken out of the batch.
    case drop
    /// The helper's name for a share that it defers is kept.
    case nameShare
    /// The close with both signatures is logged.
    case close
    /// The helper's share is kept.
    case takeShare
    /// The response is kept, and the batch is collected.
    case publish
    case finish
    case fail

    var starts: [CollectionState] {
        switch self {
        case .seal: [.waiting]
        case .propose, .drop, .close: [.sealed]
        case .nameShare, .takeShare: [.sealed, .closed]
        case .publish: [.shareReceived]
        case .finish: [.published]
        // What is published is in the log, or on its way to the collector.
        case .fail: [.waiting, .sealed, .closed, .shareReceived]
        }
    }

    /// The starting states as an SQL list.
    var startList: String { starts.map { String($0.rawValue) }.joined(separator: ", ") }
}

extension ClosedRange<UInt64> {
    /// What a batch of so many accepted reports is to a task of these sizes; nil: of the right size. Pure.
    func misfit(_ accepted: UInt64) -> SealOutcome? {
        if accepted < lowerBound { return .tooFew(accepted) }
        return accepted > upperBound ? .tooMany(accepted) : nil
    }
}
