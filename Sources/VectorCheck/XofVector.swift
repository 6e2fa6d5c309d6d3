import VDAF

/// Checks a vector of an XOF: `seed`, `dst`, `binder`, `derived_seed`, and `length` elements of
/// `expanded_vec_field128`.
enum XofVector {
    static func check<Function: Xof>(_ type: Function.Type, _ vector: VectorObject) throws {
        let seed = try vector["seed"].bytes()
        let tag = try vector["dst"].bytes()
        let binder = try vector["binder"].bytes()
        guard seed.count == Function.seedSize else {
            throw try vector["seed"].failure("has \(seed.count) bytes, the XOF takes \(Function.seedSize)")
        }
        guard tag.count <= Function.maximalTagSize else {
            throw try vector["dst"].failure("has \(tag.count) bytes, at most \(Function.maximalTagSize) are allowed")
        }
        try expectEqual(
            Function.deriveSeed(seed: seed, domainSeparationTag: tag, binder: binder), vector["derived_seed"])

        let length = try vector["length"].integer(Int.self)
        let expanded = try vector["expanded_vec_field128"]
        guard length >= 0, try expanded.bytes().count / Field128.encodedSize == length else {
            throw expanded.failure("does not have \(length) elements")
        }
        let elements: [Field128] = Function.expandIntoVector(
            seed: seed, domainSeparationTag: tag, binder: binder, count: length)
        try expectEqual(Field128.encodeVector(elements), expanded)
    }
}
