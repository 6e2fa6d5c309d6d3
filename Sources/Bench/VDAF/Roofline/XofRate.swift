import Hashing
import VDAF

/// Bytes a second in and out of an XOF, all streams together.
enum XofRate<Seeds: Xof> {
    /// 98 blocks of TurboSHAKE128, which fit the caches four times.
    private static var size: Int { 98 * 168 }

    private static func streams(_ count: Int) -> [Seeds] {
        (0..<count).map { index in
            Seeds(
                seed: [UInt8](repeating: UInt8(index), count: Seeds.seedSize), domainSeparationTag: [1], binder: [])
        }
    }

    static func absorb(streams count: Int) -> Double {
        var streams = streams(count)
        let bytes = [UInt8](repeating: 0xA5, count: size)
        return bytes.withUnsafeBytes { bytes in
            let tasks = [StreamTask](repeating: .absorb(bytes), count: count)
            return Double(size * count) / fastest { Seeds.advance(&streams, tasks) }
        }
    }

    static func squeeze(streams count: Int) -> Double {
        var streams = streams(count)
        var bytes = [UInt8](repeating: 0, count: size * count)
        return bytes.withUnsafeMutableBytes { bytes in
            let tasks = (0..<count).map { index in
                StreamTask.fill(UnsafeMutableRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size]))
            }
            return Double(size * count) / fastest { Seeds.advance(&streams, tasks) }
        }
    }
}
