import TensorFiles
import Testing

@Suite struct ErrorTextTests {
    @Test(arguments: [
        (TensorFileError.unsupportedType("<i8", tensor: nil), "'<i8' (integers)", "astype('float32')"),
        (.unsupportedType("|O", tensor: nil), "Python objects, which run code", "astype"),
        (.unsupportedType("|V2", tensor: nil), "bfloat16", "astype"),
        (.unsupportedType("I64", tensor: "bn.num_batches_tracked"), "'bn.num_batches_tracked'", "leave it out"),
        (.columnMajor(shape: [2, 3]), "(2, 3)", "numpy.ascontiguousarray"),
        (.wrongFormat(.npy, found: "a Python pickle"), "this is a Python pickle and not a .npy file", "numpy.save"),
        (.wrongFormat(.safetensors, found: nil), "something else than a .safetensors file", "save_file"),
        (.truncated("the numbers", needed: 8, present: 7), "needs 8 bytes and 7 are there", "again"),
        (.trailingBytes(3), "3 bytes follow", "one array"),
        (.notFinite(tensor: "w", index: 4, value: "nan"), "value 4 of 'w'", "learning rate"),
        (.beyondSinglePrecision(tensor: "w", index: 4, value: 1e300), "1e+300", "double precision"),
        (.malformedHeader(offset: 17, expected: "':'"), "byte 17 of the file: expected ':'", "again"),
        (.unknownExtension("x.pt"), "'x.pt'", ".safetensors"),
        (.wrongSize(tensor: "w", shape: [3], needed: 12, found: 8), "shape (3,) needs 12 bytes", "gives it 8"),
        (.notOneTensor(found: 2), "there are 2", ".safetensors"),
    ])
    func errorsSayWhatIsWrongAndWhatToDo(error: TensorFileError, problem: String, advice: String) {
        #expect(error.description.contains(problem) && error.description.contains(advice), "\(error)")
    }

    @Test func textFromFilesCannotMoveTheCursor() throws {
        let error = try #require(
            refusal(
                safetensors(#"{"\u001b[2Jx\u202e":{"dtype":"\u0007","shape":[],"data_offsets":[0,0]}}"#), .safetensors))
        #expect(error.description.contains("'\\u{1b}[2Jx\\u{202e}'") && error.description.contains("'\\u{7}'"))
        #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202e })
        let long = TensorFileError.duplicateName(String(repeating: "a", count: 1_000_000)).description
        #expect(long.count < 120)
    }
}
