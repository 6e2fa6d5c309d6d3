import Foundation

/// What both nodes and their database have used up at one moment.
package struct LoadMoment: Sendable {
    package var leader: ProcessFigures
    package var helper: ProcessFigures
    /// Nil where the database is a part of the nodes' processes.
    package var database: ProcessFigures?

    package init(leader: ProcessFigures, helper: ProcessFigures, database: ProcessFigures? = nil) {
        self.leader = leader
        self.helper = helper
        self.database = database
    }
}

/// What was measured of a load, before it is divided by anything.
package struct LoadMeasurement: Sendable {
    /// Before the first upload; when all reports are accepted; when the result is collected.
    package var start, accepted, collected: LoadMoment
    /// Seconds from the first upload until the leader says that all reports are accepted.
    package var acceptedSeconds: Double
    package var collectSeconds: Double
    /// Nil for what has no commitments.
    package var auditSeconds: Double?
    /// Bytes of the leader's and the helper's database after the collection.
    package var leaderStored, helperStored: Int
    /// Microseconds of a report at both nodes together, without anything around it.
    package var verification: Double
    /// Of the machine, before the first upload.
    package var loadAverage: Double?

    package init(
        start: LoadMoment, accepted: LoadMoment, collected: LoadMoment, acceptedSeconds: Double, collectSeconds: Double,
        auditSeconds: Double?, leaderStored: Int, helperStored: Int, verification: Double, loadAverage: Double?
    ) {
        self.start = start
        self.accepted = accepted
        self.collected = collected
        self.acceptedSeconds = acceptedSeconds
        self.collectSeconds = collectSeconds
        self.auditSeconds = auditSeconds
        self.leaderStored = leaderStored
        self.helperStored = helperStored
        self.verification = verification
        self.loadAverage = loadAverage
    }
}

/// A row of `cairn bench node`.
package struct LoadRow: Sendable {
    package let benchCase: LoadCase
    /// Of a report on the line, and how many went into a request.
    package let reportBytes, reportsPerRequest: Int
    /// Acknowledged, and accepted by both nodes.
    package let uploadsPerSecond, aggregatedPerSecond: Double
    /// Milliseconds of an upload request.
    package let p50, p99: Double
    package let repeatedRequests: Int
    /// Microseconds of processor time for a report, from the first upload until all are accepted.
    package let leaderProcessor, helperProcessor, databaseProcessor: Double
    /// The same of this process, which uploads.
    package let clientProcessor: Double
    /// The larger one's, and whether it is the leader's.
    package let peakMemory: Int
    package let peakIsLeaders: Bool
    /// Bytes of the whole load, from the first upload until the result is collected.
    package let leaderWritten, helperWritten, databaseWritten: Int
    package let leaderStored, helperStored: Int
    package let collectSeconds: Double
    package let auditSeconds: Double?
    /// Microseconds of a report at both nodes together.
    package let verification: Double
    package let loadAverage: Double?

    package init(
        _ benchCase: LoadCase, _ load: ReportMaker.Load, _ uploads: UploadLoad.Outcome, _ measured: LoadMeasurement
    ) {
        self.init(
            benchCase, reportBytes: load.reportBytes, reportsPerRequest: load.reportsPerRequest,
            uploadSeconds: uploads.elapsed.wall, clientSeconds: uploads.elapsed.processor, latencies: uploads.latencies,
            repeatedRequests: uploads.repeatedRequests, measured)
    }

    /// - Precondition: There is at least one latency.
    package init(
        _ benchCase: LoadCase, reportBytes: Int, reportsPerRequest: Int, uploadSeconds: Double, clientSeconds: Double,
        latencies: [Double], repeatedRequests: Int, _ measured: LoadMeasurement
    ) {
        let reports = Double(benchCase.reports)
        let (start, accepted, collected) = (measured.start, measured.accepted, measured.collected)
        func microseconds(_ figures: (LoadMoment) -> ProcessFigures?) -> Double {
            guard let first = figures(start), let last = figures(accepted) else { return 0 }
            return (last.processor - first.processor) * 1e6 / reports
        }
        func written(_ figures: (LoadMoment) -> ProcessFigures?) -> Int {
            guard let first = figures(start), let last = figures(collected) else { return 0 }
            return last.written - first.written
        }
        self.benchCase = benchCase
        self.reportBytes = reportBytes
        self.reportsPerRequest = reportsPerRequest
        uploadsPerSecond = reports / uploadSeconds
        aggregatedPerSecond = reports / measured.acceptedSeconds
        let percentiles = Percentiles(latencies)
        p50 = percentiles[50] * 1e3
        p99 = percentiles[99] * 1e3
        self.repeatedRequests = repeatedRequests
        leaderProcessor = microseconds { $0.leader }
        helperProcessor = microseconds { $0.helper }
        databaseProcessor = microseconds { $0.database }
        clientProcessor = clientSeconds * 1e6 / reports
        peakIsLeaders = collected.leader.peakMemory >= collected.helper.peakMemory
        peakMemory = max(collected.leader.peakMemory, collected.helper.peakMemory)
        leaderWritten = written { $0.leader }
        helperWritten = written { $0.helper }
        databaseWritten = written { $0.database }
        leaderStored = measured.leaderStored
        helperStored = measured.helperStored
        collectSeconds = measured.collectSeconds
        auditSeconds = measured.auditSeconds
        verification = measured.verification
        loadAverage = measured.loadAverage
    }
}
