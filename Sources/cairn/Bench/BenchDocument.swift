import VDAFBench

/// `cairn bench vdaf --json`: keys in snake_case, times in microseconds per report.
struct BenchDocument: Encodable {
    /// A row's medians, and the smallest and largest of its repetitions.
    struct Row: Encodable {
        let type: String
        /// 1 for types whose measurement is one value.
        let length: Int
        let bits: Int
        /// 0 for types without chunks.
        let chunkLength: Int
        /// In one repetition.
        let reports: Int
        let threads: Int
        let shardUs, shardUsMin, shardUsMax: Double
        let leaderVerifyUs, leaderVerifyUsMin, leaderVerifyUsMax: Double
        let helperVerifyUs, helperVerifyUsMin, helperVerifyUsMax: Double
        let bothVerifyUs, bothVerifyUsMin, bothVerifyUsMax: Double
        let finishUs: Double
        let aggregateUs, aggregateUsMin, aggregateUsMax: Double
        let reportsPerSecond: Double
        let uploadBytes: Int
        /// The part of the threads' time for which they had a processor; well below 1 on a machine with other work.
        let processorShare: Double
        /// With --roofline only.
        let shardFloorUs, leaderFloorUs, helperFloorUs: Double?
    }

    /// What --roofline measured: bytes per second, nanoseconds.
    struct Primitives: Encodable {
        let name: String
        let absorbBytesPerSecond, absorbFourBytesPerSecond: Double
        let squeezeBytesPerSecond, squeezeFourBytesPerSecond: Double
        let accumulateNs, multiplyNs, transformMultiplyNs: Double
    }

    let kernels: [String]
    let repeats: Int
    let seed: UInt64
    let rows: [Row]
    let primitives: [Primitives]?

    init(_ rows: [BenchRow], settings: BenchSettings, roofline: Roofline?) {
        kernels = Kernels.active
        repeats = settings.repeats
        seed = settings.seed
        self.rows = rows.map { row in
            Row(row, floors: roofline?.entries.first { $0.row.benchCase == row.benchCase })
        }
        primitives = roofline?.rates.map(Primitives.init)
    }
}

extension BenchDocument.Row {
    fileprivate init(_ row: BenchRow, floors: Roofline.Entry?) {
        func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
        self.init(
            type: row.benchCase.type.rawValue, length: row.benchCase.length, bits: row.benchCase.bits,
            chunkLength: row.benchCase.chunkLength, reports: row.reports, threads: row.threads,
            shardUs: rounded(row.shard.median), shardUsMin: rounded(row.shard.smallest),
            shardUsMax: rounded(row.shard.largest),
            leaderVerifyUs: rounded(row.leaderVerify.median), leaderVerifyUsMin: rounded(row.leaderVerify.smallest),
            leaderVerifyUsMax: rounded(row.leaderVerify.largest),
            helperVerifyUs: rounded(row.helperVerify.median), helperVerifyUsMin: rounded(row.helperVerify.smallest),
            helperVerifyUsMax: rounded(row.helperVerify.largest),
            bothVerifyUs: rounded(row.bothVerify.median), bothVerifyUsMin: rounded(row.bothVerify.smallest),
            bothVerifyUsMax: rounded(row.bothVerify.largest), finishUs: rounded(row.finish.median),
            aggregateUs: rounded(row.aggregate.median), aggregateUsMin: rounded(row.aggregate.smallest),
            aggregateUsMax: rounded(row.aggregate.largest), reportsPerSecond: rounded(row.verifiedPerSecond),
            uploadBytes: row.uploadBytes, processorShare: rounded(row.processorShare),
            shardFloorUs: (floors?.shard.total).map(rounded),
            leaderFloorUs: (floors?.leaderVerify.total).map(rounded),
            helperFloorUs: (floors?.helperVerify.total).map(rounded))
    }
}

extension BenchDocument.Primitives {
    fileprivate init(_ rates: PrimitiveRates) {
        self.init(
            name: rates.primitives.rawValue, absorbBytesPerSecond: rates.absorb.rounded(),
            absorbFourBytesPerSecond: rates.absorbFour.rounded(), squeezeBytesPerSecond: rates.squeeze.rounded(),
            squeezeFourBytesPerSecond: rates.squeezeFour.rounded(), accumulateNs: rates.accumulate,
            multiplyNs: rates.multiply, transformMultiplyNs: rates.transformMultiply)
    }
}
