import Bench

/// `cairn bench vdaf --json`: keys in snake_case, times in microseconds per report.
struct BenchDocument: Encodable {
    /// A row's medians, the smallest and largest of its repetitions, and the medians of processor time.
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
        let shardUs, shardUsMin, shardUsMax, shardCpuUs: Double
        let leaderVerifyUs, leaderVerifyUsMin, leaderVerifyUsMax, leaderVerifyCpuUs: Double
        let helperVerifyUs, helperVerifyUsMin, helperVerifyUsMax, helperVerifyCpuUs: Double
        let bothVerifyUs, bothVerifyUsMin, bothVerifyUsMax, bothVerifyCpuUs: Double
        let finishUs: Double
        let aggregateUs, aggregateUsMin, aggregateUsMax, aggregateCpuUs: Double
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

extension Double {
    /// Nanoseconds are enough where microseconds are measured.
    var roundedToThousandths: Double { (self * 1000).rounded() / 1000 }
}

extension BenchDocument.Row {
    fileprivate init(_ row: BenchRow, floors: Roofline.Entry?) {
        func rounded(_ value: Double) -> Double { value.roundedToThousandths }
        self.init(
            type: row.benchCase.type.name, length: row.benchCase.length, bits: row.benchCase.bits,
            chunkLength: row.benchCase.chunkLength, reports: row.reports, threads: row.threads,
            shardUs: rounded(row.shard.wall.median), shardUsMin: rounded(row.shard.wall.smallest),
            shardUsMax: rounded(row.shard.wall.largest), shardCpuUs: rounded(row.shard.processor.median),
            leaderVerifyUs: rounded(row.leaderVerify.wall.median),
            leaderVerifyUsMin: rounded(row.leaderVerify.wall.smallest),
            leaderVerifyUsMax: rounded(row.leaderVerify.wall.largest),
            leaderVerifyCpuUs: rounded(row.leaderVerify.processor.median),
            helperVerifyUs: rounded(row.helperVerify.wall.median),
            helperVerifyUsMin: rounded(row.helperVerify.wall.smallest),
            helperVerifyUsMax: rounded(row.helperVerify.wall.largest),
            helperVerifyCpuUs: rounded(row.helperVerify.processor.median),
            bothVerifyUs: rounded(row.bothVerify.wall.median), bothVerifyUsMin: rounded(row.bothVerify.wall.smallest),
            bothVerifyUsMax: rounded(row.bothVerify.wall.largest),
            bothVerifyCpuUs: rounded(row.bothVerify.processor.median),
            finishUs: rounded(row.finish.wall.median),
            aggregateUs: rounded(row.aggregate.wall.median), aggregateUsMin: rounded(row.aggregate.wall.smallest),
            aggregateUsMax: rounded(row.aggregate.wall.largest),
            aggregateCpuUs: rounded(row.aggregate.processor.median),
            reportsPerSecond: rounded(row.verifiedPerSecond),
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
