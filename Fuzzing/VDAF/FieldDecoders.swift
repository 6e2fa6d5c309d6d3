import VDAF

extension Decoder {
    /// Field elements, strings of bits, ping-pong messages and the IDPF's public share.
    static let fields: [Decoder] = [
        elements("field64-vector", Field64.self), elements("field128-vector", Field128.self),
        elements("field255-vector", Field255.self), bitString, pingPong, idpfPublicShare,
    ]

    /// The first byte says how many elements the caller expects; it may also expect an absurd number of them.
    private static func elements<Field: PrimeFieldElement>(_ name: String, _ field: Field.Type) -> Decoder {
        let size = Field.encodedSize
        return Decoder(
            name, maximumLength: 16 * size + 1,
            seeds: { generator in
                (0..<8).map { count in
                    [UInt8(count)] + Field.encodeVector((0..<count).map { _ in Field(generator.next()) })
                }
            },
            run: { input in
                let bytes = Array(input.dropFirst())
                for count in [Int(input.first ?? 0), .max, -1, .min, .max / size + 1] {
                    canonical(bytes, name, { try Field.decodeVector($0[...], count: count) }, Field.encodeVector)
                }
                let whole = Array(bytes.prefix(bytes.count / size * size))
                canonical(
                    whole, name, { try Field.decodeVector($0[...], count: $0.count / size) }, Field.encodeVector)
                canonical(bytes, name, Field.decode, { $0.encode() })
            })
    }

    private static let bitString = Decoder(
        "bit-string", maximumLength: 64,
        seeds: { generator in (0..<20).map { [UInt8($0)] + generator.bytes(($0 + 7) / 8) } },
        run: { input in
            for count in [Int(input.first ?? 0), Int.max, Int.min, -1] {
                let bytes = Array(input.dropFirst())
                let string = canonical(
                    bytes, "bit string", { try BitString(bytes: $0, count: count) }, { $0.bytes })
                guard let string else { continue }
                guard BitString((0..<count).map { string[$0] }) == string, string.prefix(count) == string else {
                    broken("a bit string is its bits", by: input)
                }
            }
        })

    private static let pingPong = Decoder(
        "ping-pong-message",
        seeds: { generator in
            [
                PingPongMessage.initialize(verifierShare: generator.bytes(40)),
                .continue(verifierMessage: generator.bytes(24), verifierShare: generator.bytes(8)),
                .finish(verifierMessage: generator.bytes(32)), .finish(verifierMessage: []),
            ].map { $0.encoded() }
        },
        run: { canonical($0, "ping-pong message", PingPongMessage.init(decoding:)) { $0.encoded() } })

    private static let idpfShapes = [(1, 1), (2, 8), (3, 13), (2, 64)]

    private static let idpfPublicShare: Decoder = {
        let idpfs = idpfShapes.map { shape in required { try Idpf(valueLength: shape.0, bits: shape.1) } }
        return Decoder(
            "idpf-public-share", maximumLength: idpfs.map(\.publicShareSize).max() ?? 0,
            seeds: { generator in
                try idpfs.map { idpf in
                    let share = try idpf.generate(
                        alpha: BitString((0..<idpf.bits).map { _ in Bool.random(using: &generator) }),
                        innerValues: (0..<idpf.valueLength * (idpf.bits - 1)).map { _ in Field64(generator.next()) },
                        leafValue: (0..<idpf.valueLength).map { _ in Field255(generator.next()) }, context: [],
                        nonce: generator.bytes(16), rand: generator.bytes(Idpf.randSize))
                    return idpf.encode(publicShare: share.publicShare)
                }
            },
            run: { input in
                for idpf in idpfs {
                    for bytes in [input, fitted(input, to: idpf.publicShareSize)] {
                        canonical(bytes, "IDPF public share", idpf.decodePublicShare, idpf.encode(publicShare:))
                    }
                }
            })
    }()
}

/// A value that our own constants make; failing is a mistake in the fuzzer.
func required<Value>(_ make: () throws -> Value) -> Value {
    do {
        return try make()
    } catch {
        fatalError("\(error)")
    }
}

/// The input cut, or filled up with zeros, to the length that a decoder wants: what gets past the length check.
func fitted(_ input: [UInt8], to size: Int) -> [UInt8] {
    Array(input.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - input.count))
}
