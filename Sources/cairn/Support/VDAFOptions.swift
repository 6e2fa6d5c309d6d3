import ArgumentParser
import DAP

/// What a report holds, as `cairn task create` is told: `--vdaf` and the numbers that go with it.
struct VDAFOptions: ParsableArguments {
    /// Names are those of `cairn bench vdaf`.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case count, sum, average, histogram, multihot, sumvec, l1boundsum, sumvec64hmac, boundedl2
        /// Known, so that it is refused with the reason; not in the help.
        case poplar1

        static var allValueStrings: [String] { allCases.filter { $0 != .poplar1 }.map(\.rawValue) }
    }

    @Option(
        help: ArgumentHelp(
            "What a report holds.",
            discussion: """
                count: true or false. sum: an integer. average: the same as sum; divide with `cairn collect --average`. \
                histogram: one of --length buckets. multihot: up to --max-weight of --length options. sumvec: --length \
                integers. l1boundsum: --length integers that add up to at most --max-value. sumvec64hmac: as sumvec, in \
                a 64-bit field with several proofs: a private type (0xFFFF1003) of deployed systems. boundedl2: --length \
                real numbers whose Euclidean norm is at most --norm-bound, such as a model update.
                """))
    var vdaf: Kind?
    @Option(help: "Largest value of sum, average, sumvec and sumvec64hmac.") var maxMeasurement: UInt64?
    @Option(help: "Largest number of options that one report may choose (multihot).") var maxWeight: UInt64?
    @Option(help: "Largest sum of a report's coordinates (l1boundsum).") var maxValue: UInt64?
    @Option(help: "Number of coordinates, options or buckets.") var length: UInt32?
    @Option(help: "Number of proofs (sumvec64hmac), at least 3; 3 by default.") var proofs: UInt8?
    @Option(help: "Largest Euclidean norm of a report (boundedl2).") var normBound: Double?
    @Option(help: "Numbers are rounded to multiples of 2^-F (boundedl2); by default as finely as is safe.")
    var fractionalBits: UInt8?
    @Option(
        help: "Bits of the field, 64 or 128 (boundedl2); by default 128 where 64 would leave too few fractional bits.")
    var field: Int?
    @Option(help: "Elements per proof chunk; the best one by default.") var chunkLength: UInt32?

    /// The VDAF that the options ask for, without commitments.
    ///
    /// - Throws: `ValidationError` for an option that is missing, or not of this type, or out of bounds.
    func configuration() throws -> VDAFConfiguration {
        guard let vdaf else { throw ValidationError("--vdaf is missing.") }
        try refuseOptions(notOf: vdaf)
        let configuration: VDAFConfiguration
        switch vdaf {
        case .poplar1:
            throw ValidationError(
                "--vdaf poplar1: tasks do not offer it. Poplar1 takes two rounds of verification and an aggregation "
                    + "parameter (the prefixes asked for) with each collection; nodes run one round without parameter.")
        case .count:
            configuration = .count
        case .sum, .average:
            configuration = .sum(maxMeasurement: try required(maxMeasurement, "--max-measurement"))
        case .histogram:
            configuration = .histogram(length: try required(length, "--length"), chunkLength: chunkLength ?? 0)
        case .multihot:
            configuration = .multihotCountVec(
                length: try required(length, "--length"), maxWeight: try required(maxWeight, "--max-weight"),
                chunkLength: chunkLength ?? 0)
        case .sumvec:
            configuration = .sumVec(
                length: try required(length, "--length"),
                maxMeasurement: try required(maxMeasurement, "--max-measurement"), chunkLength: chunkLength ?? 0)
        case .l1boundsum:
            configuration = .l1BoundSum(
                length: try required(length, "--length"), maxValue: try required(maxValue, "--max-value"),
                chunkLength: chunkLength ?? 0)
        case .sumvec64hmac:
            configuration = .sumVecField64(
                length: try required(length, "--length"),
                maxMeasurement: try required(maxMeasurement, "--max-measurement"), chunkLength: chunkLength ?? 0,
                proofs: proofs ?? 3)
        case .boundedl2:
            configuration = try boundedNorm(length: try required(length, "--length"))
        }
        do throws(VDAFConfigurationError) {
            if chunkLength == nil { return try configuration.withRecommendedChunkLength() }
            try configuration.checkBounds()
            return configuration
        } catch {
            throw ValidationError("--vdaf \(vdaf.rawValue): \(error).")
        }
    }

    private func boundedNorm(length: UInt32) throws -> VDAFConfiguration {
        let bound = try required(normBound, "--norm-bound")
        guard field == nil || field == 64 || field == 128 else { throw ValidationError("--field must be 64 or 128.") }
        do {
            return try VDAFConfiguration.boundedL2(
                dimension: length, normBound: bound, fractionalBits: fractionalBits, isField128: field.map { $0 == 128 }
            )
        } catch {
            throw ValidationError("--vdaf boundedl2: \(error).")
        }
    }

    private func required<T>(_ value: T?, _ option: String) throws -> T {
        guard let value else { throw ValidationError("--vdaf \(vdaf?.rawValue ?? "") needs \(option).") }
        return value
    }

    private func refuseOptions(notOf kind: Kind) throws {
        let chunked: Set<Kind> = [.histogram, .multihot, .sumvec, .l1boundsum, .sumvec64hmac]
        let options: [(name: String, isGiven: Bool, kinds: Set<Kind>)] = [
            ("--max-measurement", maxMeasurement != nil, [.sum, .average, .sumvec, .sumvec64hmac]),
            ("--max-weight", maxWeight != nil, [.multihot]), ("--max-value", maxValue != nil, [.l1boundsum]),
            ("--length", length != nil, chunked.union([.boundedl2])), ("--chunk-length", chunkLength != nil, chunked),
            ("--proofs", proofs != nil, [.sumvec64hmac]), ("--norm-bound", normBound != nil, [.boundedl2]),
            ("--fractional-bits", fractionalBits != nil, [.boundedl2]), ("--field", field != nil, [.boundedl2]),
        ]
        // Poplar1 is refused for what it is, not for an option.
        for option in options where option.isGiven && !option.kinds.contains(kind) && kind != .poplar1 {
            throw ValidationError("--vdaf \(kind.rawValue) has no \(option.name).")
        }
    }
}
