import Foundation

/// What libFuzzer calls: once at the start, and then with every input.
///
/// One program holds all decoders; an environment variable chooses one, so that each has a corpus, a bound and a
/// verdict of its own:
///
/// | variable | meaning |
/// | --- | --- |
/// | `CAIRN_FUZZ_DECODER` | the decoder to run |
/// | `CAIRN_FUZZ_SEEDS` | a folder to write valid encodings to before the run starts |
/// | `CAIRN_FUZZ_LIST` | print every decoder's name and longest input, and end |

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> CInt {
    let environment = ProcessInfo.processInfo.environment
    if environment["CAIRN_FUZZ_LIST"] != nil {
        for decoder in Decoder.all { print(decoder.name, decoder.maximumLength) }
        exit(0)
    }
    if let folder = environment["CAIRN_FUZZ_SEEDS"] {
        do {
            try chosenDecoder.writeSeeds(to: folder)
        } catch {
            end("cannot write seeds: \(error)")
        }
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // A copy of exactly this size: the address sanitizer then sees a read beyond it.
    chosenDecoder.run(Array(UnsafeBufferPointer(start: data, count: size)))
    return 0
}

private let chosenDecoder: Decoder = {
    let name = ProcessInfo.processInfo.environment["CAIRN_FUZZ_DECODER"] ?? ""
    guard let decoder = (Decoder.all + [.selfTest]).first(where: { $0.name == name }) else {
        end("CAIRN_FUZZ_DECODER is '\(name)', which is no decoder; CAIRN_FUZZ_LIST=1 lists them")
    }
    return decoder
}()

private func end(_ message: String) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(2)
}
