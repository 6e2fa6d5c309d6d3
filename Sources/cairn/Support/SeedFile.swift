import Encodings
import Tasks

/// A wallet's seed as people keep it: 64 hexadecimal digits on one line.
enum SeedFile {
    static func text(_ seed: [UInt8]) -> String { Hex.encode(seed) }

    static func read(_ path: String) throws -> [UInt8] {
        guard let seed = Hex.decode(try UserFile.readLine(path)), seed.count == ClaimKey.seedSize else {
            throw CommandFailure(
                "\(path) is not a seed: 64 hexadecimal digits expected", advice: "`cairn wallet seed` prints one.")
        }
        return seed
    }
}
