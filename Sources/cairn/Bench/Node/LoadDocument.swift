import Bench
import DAP
import Foundation

/// `cairn bench node --json`: keys in snake_case. `Benchmarks/README.md` says what each is.
struct LoadDocument: Encodable {
    struct Row: Encodable {
        /// `histogram`, `sumvec` or `boundedl2`.
        let type: String
        let committed: Bool
        let storage: String
        /// Processes that share a role and its database.
        let replicas: Int
        let batchMode: String
        let reports: Int
        let perRequest: Int
        let reportBytes: Int
        let uploadsPerS, aggregatedPerS: Double
        /// Of upload requests.
        let p50Ms, p99Ms: Double
        let repeatedRequests: Int
        /// Processor time per report until all are accepted; of the database, 0 where it is in the node's process.
        let leaderCpuUs, helperCpuUs, databaseCpuUs: Double
        /// The same of `cairn bench node` itself, until all are acknowledged.
        let clientCpuUs: Double
        let peakRssBytes: Int
        /// Whose that is: `leader` or `helper`.
        let peakRssOf: String
        /// Until the result is collected: of the leader, the helper, and a database of its own.
        let bytesWritten, helperBytesWritten, databaseBytesWritten: Int
        /// Of the leader's and the helper's database after the collection.
        let bytesStored, helperBytesStored: Int
        let collectS: Double
        /// Only of what is committed.
        let auditS: Double?
        /// Per report, at both nodes together.
        let verifyUs: Double
        /// Of the machine, when the row began.
        let loadAverage: Double?
    }

    let kernels: [String]
    let processors: Int
    let seed: UInt64
    let connections: Int
    let rows: [Row]

    init(_ rows: [LoadRow], storage: LocalStorage.Kind, connections: Int, seed: UInt64) {
        kernels = Kernels.active
        processors = ProcessInfo.processInfo.activeProcessorCount
        self.seed = seed
        self.connections = connections
        self.rows = rows.map { Row($0, storage: storage) }
    }
}

extension LoadDocument.Row {
    fileprivate init(_ row: LoadRow, storage: LocalStorage.Kind) {
        let benchCase = row.benchCase
        self.init(
            type: benchCase.kind.rawValue, committed: benchCase.isCommitted, storage: storage.rawValue, replicas: 1,
            batchMode: benchCase.batchMode.word, reports: benchCase.reports, perRequest: row.reportsPerRequest,
            reportBytes: row.reportBytes, uploadsPerS: row.uploadsPerSecond.roundedToThousandths,
            aggregatedPerS: row.aggregatedPerSecond.roundedToThousandths, p50Ms: row.p50.roundedToThousandths,
            p99Ms: row.p99.roundedToThousandths, repeatedRequests: row.repeatedRequests,
            leaderCpuUs: row.leaderProcessor.roundedToThousandths,
            helperCpuUs: row.helperProcessor.roundedToThousandths,
            databaseCpuUs: row.databaseProcessor.roundedToThousandths,
            clientCpuUs: row.clientProcessor.roundedToThousandths, peakRssBytes: row.peakMemory,
            peakRssOf: row.peakIsLeaders ? "leader" : "helper", bytesWritten: row.leaderWritten,
            helperBytesWritten: row.helperWritten, databaseBytesWritten: row.databaseWritten,
            bytesStored: row.leaderStored, helperBytesStored: row.helperStored,
            collectS: row.collectSeconds.roundedToThousandths, auditS: row.auditSeconds?.roundedToThousandths,
            verifyUs: row.verification.roundedToThousandths, loadAverage: row.loadAverage)
    }
}
