import DAP
import Datastore
import Logging

/// Asks a peer at the start, every few minutes, whenever something has changed, and soon again after every failure.
struct HandshakeService: Sendable {
    let context: NodeContext
    let peer: Peer
    /// Called with tasks that may work from now on.
    var gained: @Sendable ([TaskID]) -> Void = { _ in }
    /// Called with tasks for which the peer is there again.
    var returned: @Sendable ([TaskID]) -> Void = { _ in }

    /// How often a finding is said again while it lasts.
    private static let reminder: Duration = .seconds(600)
    /// The shortest time between two handshakes, whoever wants them.
    private static let spacing: Duration = .milliseconds(200)
    /// How many findings are said at a time.
    private static let mostSaid = 20

    func run() async {
        await begin()
        var round = Round()
        while !Task.isCancelled {
            await shake(&round)
            round.due = .now + HandshakeSchedule.pause(afterTroubles: round.troubles, jitter: .random(in: 0...1))
            try? await Task.sleep(for: Self.spacing)
            await wait(&round)
        }
    }

    /// What one handshake leaves for the next.
    private struct Round {
        var troubles = 0
        var due = ContinuousClock.now
        var revision: Int64?
        var said: ContinuousClock.Instant?
    }

    private func begin() async {
        do {
            let ours = Set(try await context.registry.usable().filter(isOurs).map(\.id))
            peer.standing.begin(try await context.store.standings().filter { ours.contains($0.task) })
        } catch {
            context.logger.error("what was known of the peer cannot be read", metadata: ["error": "\(error)"])
            peer.standing.begin([])
        }
    }

    private func shake(_ round: inout Round) async {
        do {
            peer.standing.beginRound()
            defer { peer.standing.endRound() }
            round.revision = try await context.registry.refresh()
            // The newest first: a thousand go into one request.
            let tasks =
                try await context.registry.usable().filter { $0.isServed && isOurs($0) }.reversed() as [NodeTask]
            // Of several peers, each is asked about the tasks that there are with it: one may not have this role at all.
            guard !tasks.isEmpty || context.peers.all.count == 1 else {
                round.troubles = 0
                return
            }
            let call = HandshakeCall(own: peer.own, peer: peer.client, now: context.now)
            let outcome = await call.ask(
                about: tasks.map(HandshakeTask.init), revision: UInt64(clamping: round.revision ?? 0))
            guard !Task.isCancelled else { return }
            let change = peer.standing.take(outcome, tasks: tasks, role: peer.role, now: context.now())
            if !change.returned.isEmpty { returned(change.returned) }
            if !change.gained.isEmpty { gained(change.gained) }
            report(change, &round)
            try await store(change)
        } catch {
            if Task.isCancelled { return }
            round.troubles += 1
            context.logger.warning("no handshake with the peer", metadata: name.merging(["reason": "\(error)"]) { $1 })
        }
    }

    /// Which of several it is.
    private var name: Logger.Metadata {
        context.peers.all.count == 1 ? [:] : ["\(peer.role.peer.rawValue)": "\(peer.settings.url)"]
    }

    /// Whether this peer is the other aggregator of a task.
    private func isOurs(_ task: NodeTask) -> Bool {
        let other = context.peer(of: task)
        return other.role == peer.role && other.settings.url == peer.settings.url
    }

    private func report(_ change: PeerStanding.Change, _ round: inout Round) {
        let troubles = change.findings.filter { $0.weight != .warning || $0.isAbsence }
        round.troubles = troubles.isEmpty ? 0 : change.isNew ? 1 : round.troubles + 1
        let isDue = round.said.map { ContinuousClock.now - $0 >= Self.reminder } ?? true
        guard change.isNew || isDue && !change.findings.isEmpty else { return }
        round.said = .now
        for finding in change.findings.prefix(Self.mostSaid) {
            context.logger.warning(
                "the nodes do not fit each other",
                metadata: name.merging(["code": "\(finding.code.rawValue)", "what": "\(finding.advice)"]) { $1 })
        }
        if change.findings.count > Self.mostSaid {
            context.logger.warning(
                "more findings are left out; see `cairn node task list`",
                metadata: name.merging(["findings": "\(change.findings.count)"]) { $1 })
        }
        if change.findings.isEmpty { context.logger.notice("the nodes fit each other", metadata: name) }
    }

    private func store(_ change: PeerStanding.Change) async throws {
        guard change.isNew || !change.rows.isEmpty else { return }
        let state = change.findings.isEmpty ? "fits" : "findings"
        let node = StoredPeer(
            role: peer.role, url: peer.settings.url.string, state: state,
            findings: HandshakeFinding.json(change.findings), since: context.now())
        try await context.store.recordStandings(change.rows, of: node)
    }

    /// Waits until the next handshake is due: in time, because somebody asks for one, or because a task was changed.
    private func wait(_ round: inout Round) async {
        while !Task.isCancelled, ContinuousClock.now < round.due {
            if await peer.standing.wait(atMost: min(round.due - .now, TaskRegistry.freshness)) {
                // Whoever has just been heard of may need another second before it answers.
                round.troubles = 0
                return
            }
            let current = try? await context.registry.refresh()
            if let current, current != round.revision {
                round.troubles = 0
                return
            }
        }
    }
}
