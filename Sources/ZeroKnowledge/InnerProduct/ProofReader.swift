import Ristretto255

/// Decodes the elements and scalars of a proof one after the other.
struct ProofReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func element() throws(ProofError) -> RistrettoPoint {
        defer { rest = rest.dropFirst(Ristretto255Group.elementSize) }
        do {
            return try Ristretto255Group.decodeElement(rest.prefix(Ristretto255Group.elementSize))
        } catch {
            throw .malformed(error)
        }
    }

    mutating func scalar() throws(ProofError) -> Scalar {
        defer { rest = rest.dropFirst(Ristretto255Group.scalarSize) }
        do {
            return try Ristretto255Group.decodeScalar(rest.prefix(Ristretto255Group.scalarSize))
        } catch {
            throw .malformed(error)
        }
    }
}
