import Bench

/// `cairn bench train --json`: keys in snake_case, times in microseconds per report.
struct TrainingDocument: Encodable {
    /// Medians over contributors, or over jobs, with the smallest and largest and the medians of processor time of what
    /// is compared with other systems.
    struct Row: Encodable {
        let dimension, contributors: Int
        /// "field64", or "field128" where the σ rule demands it.
        let field: String
        let fractionalBits: Int
        /// Of a node.
        let threads: Int
        let jobReports: Int
        /// A contributor, on one thread; of it, the commitments.
        let clientUs, clientUsMin, clientUsMax, clientCpuUs: Double
        let commitUs: Double
        /// From bytes to verdict, link check included.
        let leaderVerifyUs, leaderVerifyUsMin, leaderVerifyUsMax, leaderVerifyCpuUs: Double
        let helperVerifyUs, helperVerifyUsMin, helperVerifyUsMax, helperVerifyCpuUs: Double
        /// One node's.
        let linkCheckUs, aggregateUs: Double
        /// The public check of both shares.
        let auditUs: Double
        /// Public share and both input shares.
        let uploadBytes: Int
        /// Without privacy: the whole, the contributor's part, the server's.
        let plainAverageUs, plainClientUs, plainServerUs: Double
        let plainUploadBytes: Int
        /// Of the process until then.
        let peakMemoryBytes: Int
    }

    let kernels: [String]
    let repeats: Int
    let seed: UInt64
    let normBound: Double
    let rows: [Row]

    init(_ rows: [TrainingRow], settings: BenchSettings, normBound: Double) {
        kernels = Kernels.active
        repeats = settings.repeats
        seed = settings.seed
        self.normBound = normBound
        self.rows = rows.map(Row.init)
    }
}

extension TrainingDocument.Row {
    fileprivate init(_ row: TrainingRow) {
        let precision = row.benchCase.precision
        let (client, leader, helper) = (row.client.wall, row.leaderVerify.wall, row.helperVerify.wall)
        self.init(
            dimension: row.benchCase.dimension, contributors: row.benchCase.contributors,
            field: precision.isField128 ? "field128" : "field64", fractionalBits: precision.encoding.fractionalBits,
            threads: row.threads, jobReports: row.jobReports,
            clientUs: client.median.roundedToThousandths, clientUsMin: client.smallest.roundedToThousandths,
            clientUsMax: client.largest.roundedToThousandths,
            clientCpuUs: row.client.processor.median.roundedToThousandths,
            commitUs: row.commit.wall.median.roundedToThousandths,
            leaderVerifyUs: leader.median.roundedToThousandths,
            leaderVerifyUsMin: leader.smallest.roundedToThousandths,
            leaderVerifyUsMax: leader.largest.roundedToThousandths,
            leaderVerifyCpuUs: row.leaderVerify.processor.median.roundedToThousandths,
            helperVerifyUs: helper.median.roundedToThousandths,
            helperVerifyUsMin: helper.smallest.roundedToThousandths,
            helperVerifyUsMax: helper.largest.roundedToThousandths,
            helperVerifyCpuUs: row.helperVerify.processor.median.roundedToThousandths,
            linkCheckUs: row.linkCheck.wall.median.roundedToThousandths,
            aggregateUs: row.aggregate.wall.median.roundedToThousandths,
            auditUs: row.audit.wall.median.roundedToThousandths, uploadBytes: row.uploadBytes,
            plainAverageUs: row.plainAverage.roundedToThousandths,
            plainClientUs: row.plainClient.wall.median.roundedToThousandths,
            plainServerUs: row.plainServer.wall.median.roundedToThousandths,
            plainUploadBytes: row.plainUploadBytes, peakMemoryBytes: row.peakMemoryBytes)
    }
}
