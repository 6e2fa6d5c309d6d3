/// A format of files that hold arrays of numbers.
package enum TensorFormat: String, CaseIterable, Sendable {
    /// One array, as `numpy.save` writes it.
    case npy
    /// Named arrays, as the `safetensors` package writes them.
    case safetensors

    /// The format that a file name's extension says.
    ///
    /// - Throws: `TensorFileError.unknownExtension`.
    package init(path: String) throws(TensorFileError) {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let suffix = parts.count > 1 ? parts[parts.count - 1].lowercased() : ""
        guard let format = TensorFormat(rawValue: suffix) else { throw .unknownExtension(String(name)) }
        self = format
    }

    /// What a file is that was taken for one of these, as far as its first bytes tell.
    static func guess(_ bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return "an empty file" }
        if bytes.starts(with: NpyHeader.magic) { return "a .npy file" }
        if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return "a .safetensors file" }
        if bytes.starts(with: [UInt8]("PK".utf8) + [3, 4]) { return "a zip archive, like .npz and PyTorch's .pt" }
        if bytes[0] == 0x80, bytes.count > 1, (2...5).contains(bytes[1]) { return "a Python pickle" }
        if bytes.starts(with: [0x89] + [UInt8]("HDF".utf8)) { return "an HDF5 file" }
        return nil
    }
}
