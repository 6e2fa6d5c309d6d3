/// Domain separation tags (VDAF-20 section 6.2.3): everything that is derived from a seed gets a tag of its own.
enum DomainSeparation {
    /// The version of the wire format, which drafts 18 to 20 share.
    static let version: UInt8 = 18
    /// The class of VDAFs.
    private static let vdafClass: UInt8 = 0

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

    /// version ‖ class ‖ algorithm ‖ usage ‖ context.
    static func tag(algorithmID: UInt32, usage: Prio3Usage, context: [UInt8]) -> [UInt8] {
        var tag: [UInt8] = [version, vdafClass]
        tag.reserveCapacity(8 + context.count)
        for shift in stride(from: 24 as UInt32, through: 0, by: -8) {
            tag.append(UInt8(truncatingIfNeeded: algorithmID >> shift))
        }
        tag.append(UInt8(truncatingIfNeeded: usage.rawValue >> 8))
        tag.append(UInt8(truncatingIfNeeded: usage.rawValue))
        return tag + context
    }

    /// The longest context: the tag's length is a 16-bit number, and 8 bytes of it are taken.
    static let maximalContextSize = (1 << 16) - 1 - 8
}
