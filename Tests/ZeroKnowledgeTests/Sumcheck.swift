import ZeroKnowledge

/// The Fiat-Shamir draft's example protocol: the sum of a multilinear polynomial over {0, 1}^v, over the field of
/// 2^31 - 1 elements. It uses the sponge and the codecs as proofs of several rounds do.
struct Sumcheck {
    enum Failure: Error { case wrongRound }

    static let modulus: UInt64 = (1 << 31) - 1
    private static var codec: IntegerCodec { IntegerCodec(modulus: BigNumber(littleEndian: encode(modulus))) }

    let session: SessionID
    let suite: HashSuite

    private static func encode(_ value: UInt64) -> [UInt8] {
        ByteCodec.encode(UInt32(truncatingIfNeeded: value))
    }

    private func started(claim: UInt64, variables: Int) -> DuplexSponge {
        var sponge = DuplexSponge(session, suite: suite)
        sponge.absorb(Self.encode(UInt64(variables)) + Self.encode(claim))
        return sponge
    }

    /// The draft decodes this protocol's challenges from four bytes, without extra ones.
    private static func challenge(_ sponge: inout DuplexSponge) -> UInt64 {
        sponge.squeeze(4).reversed().reduce(0) { $0 << 8 | UInt64($1) } % modulus
    }

    func prove(_ table: [UInt64]) -> (argument: [UInt8], evaluation: UInt64) {
        let p = Self.modulus
        var table = table
        var sponge = started(
            claim: table.reduce(0) { ($0 + $1) % p }, variables: table.count.trailingZeroBitCount)
        var argument: [UInt8] = []
        while table.count > 1 {
            let pairs = stride(from: 0, to: table.count, by: 2).map { (table[$0], table[$0 + 1]) }
            let constant = pairs.reduce(0) { ($0 + $1.0) % p }
            let slope = pairs.reduce(0) { ($0 + $1.1 + p - $1.0) % p }
            let message = Self.encode(constant) + Self.encode(slope)
            sponge.absorb(message)
            argument += message
            let r = Self.challenge(&sponge)
            table = pairs.map { ($0.0 + r * (($0.1 + p - $0.0) % p)) % p }
        }
        return (argument, table[0])
    }

    /// The value that the polynomial must have at the challenges.
    func verify(_ argument: [UInt8], claim: UInt64, variables: Int) throws -> UInt64 {
        let p = Self.modulus
        let codec = Self.codec
        var sponge = started(claim: claim, variables: variables)
        var current = claim
        var rest = argument[...]
        for _ in 0..<variables {
            let message = try codec.readCoordinates(2, &rest).map { $0.littleEndianBytes(count: 4) }
            let values = message.map { $0.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
            guard (2 * values[0] + values[1]) % p == current else { throw Failure.wrongRound }
            sponge.absorb(message[0] + message[1])
            current = (values[0] + Self.challenge(&sponge) * values[1]) % p
        }
        try ByteCodec.requireEnd(rest)
        return current
    }
}
