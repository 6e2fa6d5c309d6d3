import Bench

/// `cairn bench commit --json`: keys in snake_case, times in microseconds.
struct CommitmentDocument: Encodable {
    /// Medians over the repetitions, with the smallest and largest of the two that are compared.
    struct Row: Encodable {
        let dimension: Int
        let bits: Int
        /// Reports of a job, and of the audited batch.
        let jobReports: Int
        let threads: Int
        /// Both commitments of one report, at the client.
        let commitUs: Double
        /// One aggregator's.
        let linkCheckUsPerReport, linkCheckUsPerReportMin, linkCheckUsPerReportMax: Double
        /// The leader's first step of verification, without the link check.
        let verifyUsPerReport, verifyUsPerReportMin, verifyUsPerReportMax: Double
        let helperVerifyUsPerReport: Double
        /// 100 · link check / leader's verification.
        let linkCheckPercent: Double
        /// The public check of both aggregate shares.
        let auditUsPerReport: Double
        /// A proof of ⟨λ, x⟩ for one report.
        let linearProveUs, linearVerifyUs: Double
        let linearVerifyUsInBatch: Double
        let linearBytes: Int
    }

    struct Multiplication: Encodable {
        let points, bits, threads: Int
        let usPerPoint: Double
    }

    /// One value of 64 bits.
    struct Range: Encodable {
        let proveUs, verifyUs, verifyUsInBatch: Double
        let bytes: Int
    }

    let kernels: [String]
    let repeats: Int
    let seed: UInt64
    let rows: [Row]
    let msm: [Multiplication]
    let range64: Range

    init(
        _ rows: [CommitmentRow], multiplications: [MultiplicationRow], range: RangeProofRow, settings: BenchSettings
    ) {
        kernels = Kernels.active
        repeats = settings.repeats
        seed = settings.seed
        self.rows = rows.map(Row.init)
        msm = multiplications.map {
            Multiplication(
                points: $0.points, bits: $0.bits, threads: $0.threads,
                usPerPoint: $0.cost.wall.median.roundedToThousandths)
        }
        range64 = Range(
            proveUs: range.prove.wall.median.roundedToThousandths,
            verifyUs: range.verify.wall.median.roundedToThousandths,
            verifyUsInBatch: range.verifyInBatch.wall.median.roundedToThousandths, bytes: range.bytes)
    }
}

extension CommitmentDocument.Row {
    fileprivate init(_ row: CommitmentRow) {
        let (link, verify) = (row.linkCheck.wall, row.leaderVerify.wall)
        self.init(
            dimension: row.benchCase.dimension, bits: row.benchCase.bits, jobReports: row.benchCase.jobReports,
            threads: row.threads, commitUs: row.commit.wall.median.roundedToThousandths,
            linkCheckUsPerReport: link.median.roundedToThousandths,
            linkCheckUsPerReportMin: link.smallest.roundedToThousandths,
            linkCheckUsPerReportMax: link.largest.roundedToThousandths,
            verifyUsPerReport: verify.median.roundedToThousandths,
            verifyUsPerReportMin: verify.smallest.roundedToThousandths,
            verifyUsPerReportMax: verify.largest.roundedToThousandths,
            helperVerifyUsPerReport: row.helperVerify.wall.median.roundedToThousandths,
            linkCheckPercent: row.linkCheckPercent.roundedToThousandths,
            auditUsPerReport: row.audit.wall.median.roundedToThousandths,
            linearProveUs: row.linear.prove.wall.median.roundedToThousandths,
            linearVerifyUs: row.linear.verify.wall.median.roundedToThousandths,
            linearVerifyUsInBatch: row.linear.verifyInBatch.wall.median.roundedToThousandths,
            linearBytes: row.linear.bytes)
    }
}
