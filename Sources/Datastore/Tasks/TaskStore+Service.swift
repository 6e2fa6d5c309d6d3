// What changes about a stored task: whether it is served, and its verification key, while that has done nothing yet.
// The conformance is in TaskStore+Statements.swift.

import DAP

extension NodeDatabase {
    package func replaceVerifyKey(
        _ key: [UInt8], of id: TaskID, peerHasKey: Bool, at time: UInt64
    ) async throws(DatastoreError) -> KeyReplacement {
        try await write { session in
            guard let task = try session.lockedTask(id, .exclusive), let stored = try session.verifyKey(of: task) else {
                throw DatastoreError.conflict("task \(id.base64URL) is not stored")
            }
            let leader = try session.leaderBurden(of: task)
            // One of the two numbers of accepted reports is zero, whichever role the node has.
            let replacement = KeyReplacement.decide(
                isSame: stored == key, accepted: try leader.accepted + session.helperAcceptedEver(task),
                underWay: leader.aggregating, peerHasKey: peerHasKey)
            guard replacement == .replaced else { return replacement }
            try session.execute("UPDATE tasks SET verify_key = $1 WHERE task = $2", [key.blob, task])
            // A job that was formed with the old key can only end in refusals.
            try session.endLeaderJobs(task, at: time)
            try session.countTaskChange()
            try session.countGenerationOnceStarted()
            return .replaced
        }
    }

    package func endTask(_ id: TaskID, mayDiscard: Bool, at time: UInt64) async throws(DatastoreError) -> TaskEnding {
        let ending: TaskEnding = try await write { session in
            guard let task = try session.lockedTask(id, .exclusive),
                let stored = try session.first("SELECT service FROM tasks WHERE task = $1", [task])
            else { return .unknown }
            guard try stored.code("service", as: TaskService.self) == .served else { return .already }
            let burden = try session.burden(of: task)
            let ending = TaskEnding.decide(burden, mayDiscard: mayDiscard)
            guard case .ended(let discarded) = ending else { return ending }
            let service: TaskService = discarded > 0 ? .discarded : .ended
            try session.execute("UPDATE tasks SET service = $1 WHERE task = $2", [service.rawValue, task])
            if !burden.isNothing {
                try session.failActiveCollections(task, detail: "The leader's operator has ended the task.")
                try session.endLeaderJobs(task, at: time)
                try session.discardLeaderReports(task)
                try session.discardHelperReports(task)
            }
            try session.leaveEarlyRoom(task, forGood: service == .discarded)
            // Nothing of it is needed any more, whether something was given up or all of it was collected or rejected.
            try session.destroyAllKeys(task)
            try session.countTaskChange()
            try session.countGenerationOnceStarted()
            return ending
        }
        if case .ended = ending { await tryToScrub() }
        return ending
    }

    package func burden(of id: TaskID) async throws(DatastoreError) -> TaskBurden {
        try await read { session in
            guard let task = try session.taskKey(id) else { return TaskBurden() }
            return try session.burden(of: task)
        }
    }
}

extension Session {
    /// The key that a leader uses now.
    func verifyKey(of task: TaskKey) throws -> [UInt8]? {
        try first("SELECT verify_key FROM tasks WHERE task = $1", [task])?.bytes("verify_key")
    }

    fileprivate func burden(of task: TaskKey) throws -> TaskBurden {
        let leader = try leaderBurden(of: task)
        var burden = TaskBurden()
        burden.waiting = leader.waiting
        burden.promised = leader.promised
        burden.collections = try activeCollectionCount(task)
        burden.uncollected = try leader.uncollected + helperUncollected(task)
        return burden
    }
}
