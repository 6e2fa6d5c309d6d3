import DAP
import TaskTypes

extension NodeDatabase {
    package func helperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> HelperJob? {
        try await read { session in
            guard let key = try session.taskKey(task) else { return nil }
            let row = try session.first(
                "SELECT response, state FROM helper_jobs WHERE task = $1 AND job_id = $2", [key, job.blob])
            return try row.flatMap { row in
                switch try row.code("state", as: HelperJobKept.self) {
                case .first, .again: try session.waitingHelperJob(job, key).map(HelperJob.waiting)
                case .nothing, .passing:
                    try row.optionalBytes("response").map(HelperJob.finished(response:)) ?? .deleted
                }
            }
        }
    }

    package func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], verifyKey: VerifyKey?,
        keepsLastWords: Bool, vdaf: any TaskVDAF, lease: HelperJobLease? = nil
    ) async throws(DatastoreError) -> [UInt8] {
        let commit = HelperJobCommit(
            taskID: task, job: job, outcomes: outcomes, verifyKey: verifyKey, keepsLastWords: keepsLastWords,
            vdaf: vdaf, lease: lease?.token)
        if !commit.isRefusing, let response = try await write({ try commit.run(in: $0, .shared) }) { return response }
        return try await write { session in
            guard let response = try commit.run(in: session, .exclusive) else {
                throw DatastoreError.corrupt("an aggregation job ended without an answer")
            }
            return response
        }
    }

    package func deleteHelperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> Bool {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared), let row = try session.lockedHelperJob(job, key),
                case .proceed(let kept) = HelperJobLife.after(row.stage, .delete)
            else { return false }
            if kept == .removed {
                try session.removeWaiting(row, key)
                try session.freePlaces(of: row, key)
            } else if row.isPassing {
                // What it rejects when the leader posts it again is to be counted.
                try session.execute("DELETE FROM helper_jobs WHERE task = $1 AND job_id = $2", [key, job.blob])
            } else {
                try session.execute(
                    "UPDATE helper_jobs SET response = NULL WHERE task = $1 AND job_id = $2", [key, job.blob])
            }
            return true
        }
    }

    package func forgetPassingAnswer(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) {
        try await write { session in
            guard let key = try session.lockedTask(task, .shared), let row = try session.lockedHelperJob(job, key),
                row.stage == .answered, try session.answer(to: job, key).map(HelperJobLife.isPassing) == true
            else { return }
            try session.execute("DELETE FROM helper_jobs WHERE task = $1 AND job_id = $2", [key, job.blob])
        }
    }
}
