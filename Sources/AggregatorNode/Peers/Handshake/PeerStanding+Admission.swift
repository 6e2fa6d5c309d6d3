import DAP

// Who is let pass while it is not known, or known to be wrong, how two nodes fit each other.

extension PeerStanding {
    /// How long an upload may wait for a handshake that is under way.
    private static let patience: Duration = .seconds(2)
    /// How often an upload may ask for another handshake about a blocked task.
    private static let recheck: Duration = .seconds(1)
    /// The same about one that the peer did not answer about.
    private static let retry: Duration = .seconds(5)

    /// Lets a request about a task pass, or refuses it while the nodes do not fit.
    ///
    /// A task that no handshake was about yet waits for one for two seconds at most, and is let pass where the peer does not
    /// answer: its reports wait. A task that is blocked is looked at again, once a second at most, so that a mend is noticed
    /// by the next who asks.
    package func admit(_ task: NodeTask) async throws {
        if let permanent {
            throw NodeError.unavailable(
                "\(permanent.reason) Nothing is lost; try again later.", retryAfter: 600, taskID: task.id)
        }
        guard memory.withLock({ $0.isWatched }) else { return }
        let hash = StandingMemory.keyHash(task.verifyKey)
        // A handshake that is coming anyway costs nobody anything.
        let isComing = memory.withLock { $0.isWanted || $0.isAsking }
        switch taskState(task) {
        case .fits, .plain: return
        case .unknown:
            if !isComing {
                if isAsked(task.id, hash, within: Self.retry) { return }
                guard !isAsked(task.id, hash, within: nil) else { return want() }
            }
            await another(task.id, hash)
        case .blocked:
            if isComing || !isAsked(task.id, hash, within: Self.recheck) { await another(task.id, hash) }
        }
        let findings = obstacles(task)
        guard let first = findings.first else { return }
        throw NodeError.unavailable(
            "\(first.reason) Nothing is lost; try again later.",
            retryAfter: first.weight == .unready ? 2 : 5, taskID: task.id)
    }

    /// Whether the last handshake was about this task and key, and ended not longer ago than that.
    private func isAsked(_ id: TaskID, _ hash: [UInt8], within age: Duration?) -> Bool {
        memory.withLock { memory in
            guard memory.asked[id] == hash, let last = memory.last else { return false }
            return age.map { .now - last < $0 } ?? true
        }
    }

    /// Asks for another handshake and waits for its end.
    private func another(_ id: TaskID, _ hash: [UInt8]) async {
        let rounds = memory.withLock { $0.rounds }
        want()
        let end = ContinuousClock.now + Self.patience
        // One that was under way before this may not be about the task.
        while memory.withLock({ $0.rounds == rounds || $0.asked[id] != hash }), ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
        }
    }

    /// Requests to the peer fail again and again: whether it is there is to be known, so that its return is noticed.
    func doubt() {
        let isOpen = memory.withLock { memory in
            let isRecent = memory.last.map { .now - $0 < Self.retry } ?? false
            return !isRecent && !memory.isAsking && !memory.node.contains(where: \.isAbsence)
        }
        if isOpen { want() }
    }
}
