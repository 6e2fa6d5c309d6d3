import COpenSSL

/// Overwrites secrets that are no longer needed. Swift may have made copies of its own, so this lowers the chance that
/// a secret stays in memory and does not exclude it.
package enum Wipe {
    package static func bytes(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    package static func values<Value: BitwiseCopyable>(_ values: inout [Value]) {
        values.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    package static func memory(_ memory: UnsafeMutableRawBufferPointer) {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
    }
}
