import ArgumentParser
import TaskTypes

/// What a report holds, as `cairn task create` is told: `--vdaf` and the numbers that go with it.
struct VDAFOptions: ParsableArguments {
    /// A type under the name that was typed.
    struct Kind: ExpressibleByArgument {
        let name: String
        /// Nil for Poplar1, which is known so that it is refused with the reason.
        let type: (any TaskType.Type)?

        init?(argument: String) {
            let type = TaskTypeRegistry.spokenNames.first { $0.name == argument }?.type
            guard type != nil || argument == "poplar1" else { return nil }
            name = argument
            self.type = type
        }

        static var allValueStrings: [String] { TaskTypeRegistry.spokenNames.map(\.name) }
        static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
    }

    /// The types and their parameters in files, in a sentence.
    static var parametersForPeople: String {
        TaskTypeRegistry.all.map { type in
            let names = type.parameterNames
            return type.name + (names.isEmpty ? "" : " (\(names.joined(separator: ", ")))")
        }.joined(separator: "; ")
    }

    private static var words: String {
        TaskTypeRegistry.spokenNames.map { "\($0.name): \($0.words)." }.joined(separator: " ")
    }

    @Option(help: ArgumentHelp("What a report holds.", discussion: words))
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
        guard let type = vdaf.type else {
            throw ValidationError(
                "--vdaf poplar1: tasks do not offer it. Poplar1 takes two rounds of verification and an aggregation "
                    + "parameter (the prefixes asked for) with each collection; nodes run one round without parameter.")
        }
        do throws(TypeOptionError) {
            return try VDAFConfiguration(type, options: options)
        } catch {
            switch error {
            case .needless(let option): throw ValidationError("--vdaf \(vdaf.name) has no \(option.name).")
            case .missing(let option): throw ValidationError("--vdaf \(vdaf.name) needs \(option.name).")
            case .invalid(let reason): throw ValidationError(reason)
            case .configuration(let error): throw ValidationError("--vdaf \(vdaf.name): \(error).")
            }
        }
    }

    private var options: TypeOptions {
        var options = TypeOptions()
        options.set(.maxMeasurement, maxMeasurement)
        options.set(.maxWeight, maxWeight)
        options.set(.maxValue, maxValue)
        options.set(.length, length)
        options.set(.chunkLength, chunkLength)
        options.set(.proofs, proofs)
        options.set(.normBound, normBound)
        options.set(.fractionalBits, fractionalBits)
        // Below zero is no field either.
        options.set(.field, field.map { UInt64(clamping: $0) })
        return options
    }
}
