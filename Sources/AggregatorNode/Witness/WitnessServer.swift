import Datastore
import DurableFiles
import Foundation
import Hummingbird
import Logging
import NodeAPI
import TransparencyLog

/// A witness as a process of its own: what `cairn witness run` does.
///
/// Whoever runs one makes it harder for a log to show different trees to different people, and needs to trust nobody for
/// that: no task, no token, no aggregator. Its submission prefix and its monitoring prefix (C2SP tlog-witness) are both
/// the root of its URL.
package enum WitnessServer {
    /// Runs until SIGTERM or SIGINT, then finishes what is under way and returns.
    ///
    /// When it accepts connections, it prints one line: `cairn witness: NAME listening on http://127.0.0.1:8401`.
    package static func run(_ configuration: WitnessConfiguration, logger: Logger) async throws(NodeStartError) {
        let cosigner: Cosigner
        do throws(KeyFileError) { cosigner = try KeyFiles.witnessKey(at: configuration.keyFile) } catch {
            throw .keys(error)
        }
        do throws(DurableFileError) {
            try DurableFile.makeDirectory(configuration.dataDirectory, mode: 0o700)
        } catch {
            throw .files(error)
        }
        let lock = try Node.takeLock(of: configuration.dataDirectory)
        let store: NodeDatabase
        do throws(DatastoreError) {
            store = try .open(path: configuration.databasePath)
            for note in store.notes { logger.warning("\(note)") }
            try await store.claimRole(.witness)
            for log in configuration.logs { try await store.trustLog(origin: log.name, vkey: log.vkey) }
        } catch {
            throw .database(name: configuration.databasePath, error)
        }
        let halt = HaltSwitch(store: store, logger: logger)
        let generation: Generation
        do throws(NodeStartError) {
            generation = try await Node.begin(
                store, generationFile: "\(configuration.keyFile).generation", halt: halt)
        } catch {
            await store.closeWhenIdle()
            throw error
        }
        let limits: ServingLimits
        do throws(NodeStartError) { limits = try await Descriptors.limits() } catch {
            await store.closeWhenIdle()
            throw error
        }
        let serving = Serving(
            title: "cairn witness: \(cosigner.verifier.name)", address: configuration.listen, noun: "witness")
        let outcome: Result<Void, NodeStartError>
        do throws(RouteConflict) {
            outcome = await serving.run(
                try application(
                    routes(configuration.logs, store, cosigner, halt: halt, generation: generation), below: "",
                    host: configuration.listen.host, port: configuration.listen.port,
                    services: [
                        HaltService(halt: halt), GenerationWatch(generation: generation),
                        DatabaseWatch(store: store, logger: logger),
                    ], halt: halt, limits: limits, logger: logger, onReady: serving.announce))
        } catch {
            outcome = .failure(.failed(error.description))
        }
        // Held until here; nothing refers to it in between.
        withExtendedLifetime(lock) {}
        await store.closeWhenIdle()
        try outcome.get()
    }

    /// The routes of a witness for these logs, whatever else the database remembers.
    package static func routes(
        _ logs: [NoteVerifier], _ store: any WitnessStore, _ cosigner: Cosigner, halt: HaltSwitch? = nil,
        generation: Generation? = nil,
        now: @escaping @Sendable () -> UInt64 = { UInt64(max(0, Date().timeIntervalSince1970)) }
    ) -> RouteTable {
        var routes = RouteTable()
        routes.add(API.health) { _, _ in .bytes(Array("ok\n".utf8), type: "text/plain; charset=utf-8") }
        let keys = Set(logs.map(\.vkey))
        WitnessRoutes(
            store: store, cosigner: cosigner, prefix: "", trusts: { keys.contains($0.vkey) }, halt: halt,
            generation: generation, now: now
        ).addRoutes(to: &routes)
        return routes
    }
}
