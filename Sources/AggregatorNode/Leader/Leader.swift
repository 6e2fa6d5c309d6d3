import DAP
import Hummingbird
import NodeAPI
import ServiceLifecycle

/// The leader's half of a node: takes uploads, drives aggregation and collection with the helper, keeps the log.
///
/// Handlers of requests only read and write the database; the driver does the work, job by job, and is woken by the handlers.
/// Both share one value of this type.
package struct Leader: Sendable {
    let context: NodeContext
    let logKeeper: LogKeeper
    let aggregation: AggregationJobs
    let collection: CollectionJobs
    private let driver: JobDriver
    let promises: Promises
    let places: UploadPlaces
    let shownStatus: ShownStatus
    var firstLook: FirstLook { logKeeper.firstLook }

    package init(context: NodeContext) {
        self.context = context
        shownStatus = ShownStatus(store: context.store)
        let keeper = LogKeeper(context: context)
        let signal = WakeSignal()
        let reportsEnded = TaskHints(signal: signal)
        aggregation = AggregationJobs(context: context, signal: signal) { [keeper] task in
            keeper.noteGrowth()
            reportsEnded.add(task)
        }
        collection = CollectionJobs(
            context: context, logKeeper: keeper, aggregation: aggregation, reportsEnded: reportsEnded, signal: signal)
        driver = JobDriver(kinds: [aggregation, collection], signal: signal) { [halt = context.halt] in
            halt.reason != nil
        }
        logKeeper = keeper
        promises = Promises(context: context, logKeeper: keeper)
        places = UploadPlaces(workers: context.workers)
    }

    /// Adds the resources that only leaders have.
    package func addRoutes(to routes: inout RouteTable) {
        routes.add(API.upload, upload)
        routes.add(API.createCollection, createCollection)
        routes.add(API.collection, pollCollection)
        routes.add(API.deleteCollection, deleteCollection)
        routes.add(API.receipt, receipt)
        routes.add(API.taskFile, taskFile)
        routes.add(API.status, status)
        routes.add(API.logEntries, submitLogEntry)
    }

    /// The background work. Each service resumes at its start what a node that was killed left unfinished.
    package var services: [any Service] {
        [
            BackgroundService { [driver] in await driver.run() },
            BackgroundService { [logKeeper] in await logKeeper.run() },
            BackgroundService { [promises] in await promises.run() },
            BackgroundService { [context] in
                await BlobFiles(context.configuration).keepWhole(of: context.store, logger: context.logger)
            },
        ]
            + context.peers.all(as: .leader).map { peer in
                BackgroundService { [context, aggregation] in
                    await HandshakeService(context: context, peer: peer) {
                        $0.forEach(aggregation.demand)
                    } returned: {
                        $0.forEach(aggregation.hurry)
                    }.run()
                }
            }
    }
}
