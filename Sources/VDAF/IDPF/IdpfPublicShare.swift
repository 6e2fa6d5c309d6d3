/// The public part of IDPF keys: one correction word per level of the tree (VDAF-20 section 8.3).
///
/// Two parties that walk from a node off the programmed path to a child have equal seeds and equal control bits there,
/// and stay equal. On the path the seeds differ and the control bits, too; the correction word, which the party with
/// control bit 1 applies, makes the children off the path equal again, and sets the value on the path.
public struct IdpfPublicShare: Sendable, Equatable {
    /// The words' seeds, 16 bytes each.
    package var seeds: [UInt8]
    /// The words' pairs of control bits for left and right child, each 0 or 1.
    package var controlBits: [UInt8]
    /// The values of all levels but the last, `valueLength` elements each.
    package var innerPayloads: [Field64]
    /// The values of the last level.
    package var leafPayload: [Field255]
}

/// Encoding (VDAF-20 section 8.2.6.1):
///
///     opaque packed_control_bits[⌈2·bits / 8⌉];  /* from the lowest bit of each byte up, padded by zeros */
///     opaque seed[16·bits];
///     Field64 payload_inner[value_length·(bits - 1)];
///     Field255 payload_leaf[value_length];
extension Idpf {
    private var packedSize: Int { BitString.byteCount(of: 2 * bits) }

    /// Bytes of an encoded public share.
    package var publicShareSize: Int {
        packedSize + bits * Self.keySize + valueLength * ((bits - 1) * Field64.encodedSize + Field255.encodedSize)
    }

    package func encode(publicShare: IdpfPublicShare) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: packedSize)
        bytes.reserveCapacity(publicShareSize)
        for (index, bit) in publicShare.controlBits.enumerated() {
            bytes[index / 8] |= bit << UInt8(index % 8)
        }
        bytes += publicShare.seeds
        bytes += Field64.encodeVector(publicShare.innerPayloads)
        return bytes + Field255.encodeVector(publicShare.leafPayload)
    }

    package func decodePublicShare(_ bytes: [UInt8]) throws(VDAFError) -> IdpfPublicShare {
        guard bytes.count == publicShareSize else {
            throw .invalidEncoding("public share: expected \(publicShareSize) bytes, got \(bytes.count)")
        }
        guard 2 * bits % 8 == 0 || bytes[packedSize - 1] >> UInt8(2 * bits % 8) == 0 else {
            throw .invalidEncoding("public share: a bit after the last control bit is set")
        }
        let controlBits = (0..<2 * bits).map { bytes[$0 / 8] >> UInt8($0 % 8) & 1 }
        let (innerLength, seedsEnd) = (valueLength * (bits - 1), packedSize + bits * Self.keySize)
        let leafStart = seedsEnd + innerLength * Field64.encodedSize
        return IdpfPublicShare(
            seeds: Array(bytes[packedSize..<seedsEnd]), controlBits: controlBits,
            innerPayloads: try Field64.decodeVector(bytes[seedsEnd..<leafStart], count: innerLength),
            leafPayload: try Field255.decodeVector(bytes[leafStart...], count: valueLength))
    }

    /// Whether a hand-made public share has the right shape.
    func hasShape(_ share: IdpfPublicShare) -> Bool {
        share.seeds.count == bits * Self.keySize && share.controlBits.count == 2 * bits
            && share.controlBits.allSatisfy { $0 <= 1 } && share.innerPayloads.count == valueLength * (bits - 1)
            && share.leafPayload.count == valueLength
    }
}
