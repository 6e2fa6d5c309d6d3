import Credit

extension LambdaFile {
    /// Reads a file that a person named.
    init(path: String) throws {
        try self.init(json: try UserFile.readUTF8(path, limit: 256 << 20), named: path)
    }
}

extension CreditClaim {
    /// Reads a file that a person named.
    init(path: String) throws {
        try self.init(file: try UserFile.read(path, limit: CreditClaim.maximumSize))
    }
}
