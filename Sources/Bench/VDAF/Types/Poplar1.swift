import VDAF

extension MeasuredType {
    package static let poplar1 = MeasuredType(
        "poplar1", bits: 64, mostBits: 65_536
    ) { benchCase, randomness throws(VDAFError) in
        try VDAFWorkload(Poplar1(bits: benchCase.bits), name: "poplar1", randomness: &randomness).erased
    }
}
