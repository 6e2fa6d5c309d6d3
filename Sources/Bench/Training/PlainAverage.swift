/// The same round without privacy: contributors send their updates as 32-bit floats, and a server adds them up.
///
/// Nothing is checked and nothing hidden; what it costs is the least that any round costs.
struct PlainAverage {
    private(set) var sums: [Double]

    init(dimension: Int) {
        sums = [Double](repeating: 0, count: dimension)
    }

    /// Takes one update from its contributor into the sums.
    ///
    /// - Precondition: It has as many coordinates as the sums.
    mutating func add(_ update: [Double]) -> (client: Elapsed, server: Elapsed, uploadBytes: Int) {
        let (upload, client) = timed { Self.encode(update) }
        let server = timed { accumulate(upload) }.elapsed
        return (client, server, upload.count)
    }

    /// Little-endian, as `.npy` files and tensors on most machines have them.
    static func encode(_ update: [Double]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 4 * update.count) { bytes, written in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            update.withUnsafeBufferPointer { update in
                for index in 0..<update.count {
                    raw.storeBytes(
                        of: Float(update[index]).bitPattern.littleEndian, toByteOffset: 4 &* index, as: UInt32.self)
                }
            }
            written = 4 * update.count
        }
    }

    private mutating func accumulate(_ upload: [UInt8]) {
        precondition(upload.count == 4 * sums.count, "an update has as many coordinates as the model")
        sums.withUnsafeMutableBufferPointer { sums in
            upload.withUnsafeBytes { upload in
                for index in 0..<sums.count {
                    let bits = UInt32(littleEndian: upload.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self))
                    sums[index] += Double(Float(bitPattern: bits))
                }
            }
        }
    }
}
