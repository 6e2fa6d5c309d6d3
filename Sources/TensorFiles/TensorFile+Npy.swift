// `.npy`: one array, behind the header that `NpyHeader` describes.

extension TensorFile {
    init(npy bytes: [UInt8]) throws(TensorFileError) {
        let header = try NpyHeader(decoding: bytes)
        let (shape, name) = (header.shape, Tensor.unnamed)
        let size = try header.type.byteCount(of: shape, tensor: name)
        // With at most one axis of more than one element, both orders are the same.
        guard !header.fortranOrder || size == 0 || shape.count(where: { $0 > 1 }) <= 1 else {
            throw .columnMajor(shape: shape)
        }
        let present = bytes.count - header.dataStart
        guard present >= size else { throw .truncated("the numbers", needed: size, present: present) }
        guard present == size else { throw .trailingBytes(present - size) }
        let values = header.type.values(in: bytes, header.dataStart..<bytes.count, bigEndian: header.bigEndian)
        try self.init([Tensor(name: name, shape: shape, checkedValues: values)])
    }

    func npy(precision: Precision) throws(TensorFileError) -> [UInt8] {
        guard tensors.count == 1 else { throw .notOneTensor(found: tensors.count) }
        var bytes = NpyHeader.encoded(type: precision.type, shape: tensors[0].shape)
        try precision.append(tensors[0], to: &bytes)
        return bytes
    }
}
