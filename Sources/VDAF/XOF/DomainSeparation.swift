/// Domain separation tags (VDAF-20 section 6.2.3): everything that is derived from a seed gets a tag of its own.
enum DomainSeparation {
    /// The version of the wire format, which drafts 18 to 20 share.
    static let version: UInt8 = 18

    /// What kind of algorithm derives something.
    enum AlgorithmClass: UInt8 {
        case vdaf = 0
        case idpf = 1
    }

    /// What a Prio3 seed is expanded into (VDAF-20 section 7.2).
    enum Prio3Usage: UInt16 {
        case measurementShare = 1
        case proofShare = 2
        case jointRandomness = 3
        case proveRandomness = 4
        case queryRandomness = 5
        case jointRandomnessSeed = 6
        case jointRandomnessPart = 7
    }

    /// What a seed of a bounded-norm vector is expanded into: Prio3's usages, and three of its own.
    enum BoundedL2Usage: UInt16 {
        case measurementShare = 1
        case proofShare = 2
        case jointRandomness = 3
        case proveRandomness = 4
        case queryRandomness = 5
        case jointRandomnessSeed = 6
        case verificationPart = 7
        case wraparoundSigns = 8
        case wraparoundSeed = 9
        case wraparoundPart = 10
    }

    /// What a Poplar1 seed is expanded into (VDAF-20 section 8.2).
    enum Poplar1Usage: UInt16 {
        case shardRandomness = 1
        case innerCorrelation = 2
        case leafCorrelation = 3
        case verifyRandomness = 4
    }

    /// What a seed of an IDPF's tree is expanded into (VDAF-20 section 8.3.4).
    enum IdpfUsage: UInt16 {
        case extend = 0
        case convert = 1
    }

    static func tag(algorithmID: UInt32, usage: Prio3Usage, context: [UInt8]) -> [UInt8] {
        tag(.vdaf, algorithmID, usage.rawValue, context)
    }

    static func tag(algorithmID: UInt32, usage: BoundedL2Usage, context: [UInt8]) -> [UInt8] {
        tag(.vdaf, algorithmID, usage.rawValue, context)
    }

    static func tag(algorithmID: UInt32, usage: Poplar1Usage, context: [UInt8]) -> [UInt8] {
        tag(.vdaf, algorithmID, usage.rawValue, context)
    }

    /// The IDPF has algorithm identifier 0.
    static func tag(usage: IdpfUsage, context: [UInt8]) -> [UInt8] {
        tag(.idpf, 0, usage.rawValue, context)
    }

    /// version ‖ class ‖ algorithm ‖ usage ‖ context.
    private static func tag(
        _ algorithmClass: AlgorithmClass, _ algorithmID: UInt32, _ usage: UInt16, _ context: [UInt8]
    ) -> [UInt8] {
        var tag: [UInt8] = [version, algorithmClass.rawValue]
        tag.reserveCapacity(prefixSize + context.count)
        withUnsafeBytes(of: algorithmID.bigEndian) { tag += $0 }
        withUnsafeBytes(of: usage.bigEndian) { tag += $0 }
        tag += context
        return tag
    }

    /// Bytes of a tag before the context.
    private static let prefixSize = 8

    /// The longest context that leaves a tag which the XOF takes.
    static func maximalContextSize<Function: Xof>(for xof: Function.Type) -> Int {
        xof.maximalTagSize - prefixSize
    }
}
