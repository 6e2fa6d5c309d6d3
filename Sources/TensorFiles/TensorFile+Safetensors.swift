// `.safetensors`: named arrays, behind the header that `SafetensorsHeader` describes.

extension TensorFile {
    init(safetensors bytes: [UInt8]) throws(TensorFileError) {
        let header = try SafetensorsHeader(decoding: bytes)
        let tensors = header.entries.map { entry in
            Tensor(
                name: entry.name, shape: entry.shape, checkedValues: entry.type.values(in: bytes, entry.range))
        }
        try self.init(tensors, metadata: header.metadata)
    }

    func safetensors(precision: Precision) throws(TensorFileError) -> [UInt8] {
        var bytes = try SafetensorsHeader.encoded(tensors, metadata: metadata, type: precision.type)
        bytes.reserveCapacity(bytes.count + count * precision.type.size)
        for tensor in tensors { try precision.append(tensor, to: &bytes) }
        return bytes
    }
}
