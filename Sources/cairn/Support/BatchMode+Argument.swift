import ArgumentParser
import DAP

/// Batch modes on the command line and in documents.
extension BatchMode: ExpressibleByArgument {
    public init?(argument: String) {
        guard let mode = Self.allCases.first(where: { $0.word == argument }) else { return nil }
        self = mode
    }

    /// The mode's name in the standard, as people and scripts write it.
    var word: String {
        switch self {
        case .timeInterval: "time-interval"
        case .leaderSelected: "leader-selected"
        }
    }

    public var defaultValueDescription: String { word }
    public static var allValueStrings: [String] { allCases.map(\.word) }
}
