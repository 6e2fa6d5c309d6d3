extension Decoder {
    /// A decoder with a bug, which `Scripts/fuzz.sh` runs first and demands to fail: three bytes that only coverage leads
    /// to, and then a read of the byte behind the input, which only the address sanitizer sees. A build without either
    /// would call every decoder sound.
    static let selfTest = Decoder(
        "self-test", maximumLength: 16, seeds: { _ in [] },
        run: { input in
            guard input.count > 3, input[0] == 0xCA, input[1] == 0x12, input[2] == 0x9E else { return }
            let next = input.withUnsafeBufferPointer { bytes in
                bytes.baseAddress.map { $0[bytes.count] }
            }
            describe(next ?? 0)
        })
}
