import TaskTypes

/// What the reports of a load hold. The raw value is the type's name on the command line and in JSON.
///
/// Three sizes of work for a node: a small report, of which verification is the smallest part; a large one, whose bytes
/// cost as much as its proof; and a model update.
package enum LoadKind: String, CaseIterable, Sendable {
    /// One of 100 buckets.
    case histogram
    /// 1,000 integers of 16 bits.
    case sumvec
    /// 10,000 real numbers, as a vector whose Euclidean norm is at most 1.
    case boundedl2

    /// As tasks have it, without commitments.
    package var configuration: VDAFConfiguration {
        get throws(VDAFConfigurationError) {
            switch self {
            case .histogram:
                try VDAFConfiguration.histogram(length: 100, chunkLength: 0).withRecommendedChunkLength()
            case .sumvec:
                try VDAFConfiguration.sumVec(length: 1000, maxMeasurement: 65_535, chunkLength: 0)
                    .withRecommendedChunkLength()
            case .boundedl2: try VDAFConfiguration.boundedL2(dimension: 10_000, normBound: 1)
            }
        }
    }

    /// For people: type, bits, coordinates.
    package var title: String {
        switch self {
        case .histogram: "histogram 100"
        case .sumvec: "sumvec 16 × 1000"
        case .boundedl2: "boundedl2 10000"
        }
    }

    /// So many that a row takes some ten seconds, most of them the contributors'.
    package var defaultReports: Int {
        switch self {
        case .histogram: 10_000
        case .sumvec: 1_000
        case .boundedl2: 300
        }
    }
}
