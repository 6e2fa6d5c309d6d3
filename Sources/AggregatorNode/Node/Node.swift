import Datastore
import DurableFiles
import Encodings
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import TransparencyLog
import Transport

/// A node as a process: what `cairn node run` does.
package enum Node {
    /// What `cairn --version` says, and what a node tells its peer.
    package static let softwareVersion = "0.1.0"

    /// Runs until SIGTERM or SIGINT, then finishes what is under way and returns.
    ///
    /// When it accepts connections, it prints one line: `cairn node: leader listening on http://127.0.0.1:8301` (or `helper`, or
    /// `leader and helper`).
    ///
    /// - Parameter replacedKeys: keys of the node that its operator has replaced.
    package static func run(
        _ configuration: NodeConfiguration, replacedKeys: Set<NodeIdentity.Key> = [], logger: Logger = stderrLogger()
    ) async throws(NodeStartError) {
        let keys: NodeKeys
        do throws(KeyFileError) { keys = try NodeKeys.load(configuration) } catch { throw .keys(error) }
        let lock = try takeLock(of: configuration.dataDirectory)
        let notice: @Sendable (String) -> Void = { logger.warning("\($0)") }
        let http: NodeClients
        do throws(TrustRootsError) { http = try NodeClients(configuration) } catch {
            throw .failed(error.description)
        }
        let store: NodeDatabase
        let halt: HaltSwitch
        let generation: Generation
        do throws(NodeStartError) {
            (store, halt, generation) = try await begin(
                configuration, keys, replacing: replacedKeys, notice: notice, logger: logger)
        } catch {
            await http.shutdown()
            throw error
        }
        let context = NodeContext(
            configuration: configuration, keys: keys, store: store, registry: TaskRegistry(store: store), http: http,
            halt: halt, generation: generation, workers: WorkerPool(),
            deferral: configuration.helper?.deferral ?? JobDeferral(),
            now: { UInt64(max(0, Date().timeIntervalSince1970)) }, logger: logger)
        let outcome = await serve(context)
        // Held until here; nothing refers to it in between.
        withExtendedLifetime(lock) {}
        await http.shutdown()
        try? await context.workers.shutdown()
        await store.closeWhenIdle()
        try outcome.get()
    }

    /// Opens the database and makes it this process's.
    ///
    /// First everything is looked at that may refuse the start, then it is written: a node that does not start leaves the
    /// database to the one that it belongs to, as it was.
    private static func begin(
        _ configuration: NodeConfiguration, _ keys: NodeKeys, replacing: Set<NodeIdentity.Key>,
        notice: @escaping @Sendable (String) -> Void, logger: Logger
    ) async throws(NodeStartError) -> (NodeDatabase, HaltSwitch, Generation) {
        let store = try await configuration.openUnclaimed(for: .making, notice: notice)
        for note in store.notes { logger.warning("\(note)") }
        let halt = HaltSwitch(store: store, logger: logger)
        do throws(NodeStartError) {
            try await configuration.claim(store, alone: !replacing.isEmpty, notice: notice)
            try await NodeIdentity(keys).require(store, configuration, replacing: replacing)
            let generation = try await begin(store, generationFile: configuration.generationFile, halt: halt)
            try await configuration.claimRoles(store)
            try await NodeIdentity.check(keys, store, configuration, replacing: replacing)
            return (store, halt, generation)
        } catch {
            // An empty database, or another's, is none that this node has used.
            if configuration.database.hasReplicas, case .generation(let reason) = error, reason.isForgotten,
                (try? await store.knowsAll(NodeIdentity(keys).stored)) == true
            {
                // Others may be at work on this database already: they must not go on.
                try? await store.recordHalt(reason.description)
                try? await store.endOtherClaims()
            }
            await store.closeWhenIdle()
            throw error
        }
    }

    /// Makes sure that a database is the newest of its node, and that nothing has stopped it.
    package static func begin(
        _ store: NodeDatabase, generationFile: String, halt: HaltSwitch? = nil
    ) async throws(NodeStartError) -> Generation {
        do {
            if let reason = try await store.haltReason() { throw NodeStartError.halted(reason) }
            return try await Generation.begin(path: generationFile, store: store, halt: halt)
        } catch let error as NodeStartError {
            throw error
        } catch let error as GenerationError {
            throw .generation(error)
        } catch {
            throw .failed(OwnErrors.text(error) ?? "the database cannot be used")
        }
    }

    /// The right to be the one process in a data folder.
    static func takeLock(of directory: String) throws(NodeStartError) -> DirectoryLock {
        do throws(DurableFileError) {
            if let lock = try DirectoryLock(directory: directory) { return lock }
        } catch {
            throw .files(error)
        }
        throw .alreadyRunning(dataDirectory: directory)
    }

    /// Standard error, so that standard output holds nothing but the line that scripts wait for.
    package static func stderrLogger(level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "cairn.node") { label in
            ThrottledLogHandler(PlainTextLogHandler(StreamLogHandler.standardError(label: label)))
        }
        logger.logLevel = level
        return logger
    }

    private static func serve(_ context: NodeContext) async -> Result<Void, NodeStartError> {
        let configuration = context.configuration
        if context.keys.log != nil,
            let bytes = try? DurableFile.read(
                "\(configuration.logDirectory)/checkpoint", upTo: SignedNote.maximumSize),
            let published = try? SignedCheckpoint(parsing: bytes)
        {
            // The files of the log may be newer than the database.
            do { try await ShownCheckpoints(context: context).examine(published) } catch {
                return .failure(
                    context.halt.reason.map { .halted($0) }
                        ?? .failed(OwnErrors.text(error) ?? "the log cannot be read"))
            }
        }
        let former = FormerFiles(configuration, store: context.store, logger: context.logger)
        do { try await former.takeOver() } catch {
            return .failure(.failed(OwnErrors.text(error) ?? "blobs cannot be moved into the database"))
        }
        let serving = Serving(
            title: "cairn node: \(configuration.roleNames)",
            address: ListenAddress(host: configuration.listenHost, port: configuration.listenPort), noun: "node")
        let limits: ServingLimits
        do throws(NodeStartError) { limits = try await Descriptors.limits() } catch { return .failure(error) }
        do throws(RouteConflict) {
            return await serving.run(try buildApplication(context, limits: limits, onReady: serving.announce))
        } catch {
            return .failure(.failed(error.description))
        }
    }
}
