import DAP

extension NodeDatabase {
    package func helperJob(_ task: TaskID, _ job: AggregationJobID) async throws(DatastoreError) -> HelperJob? {
        try await read { session in
            guard let key = try session.taskKey(task) else { return nil }
            let row = try session.first(
                "SELECT response FROM helper_jobs WHERE task = $1 AND job_id = $2", [key, job.blob])
            return try row.map { row in
                try row.optionalBytes("response").map { .finished(response: $0) } ?? .deleted
            }
        }
    }

    package func commitHelperJob(
        _ task: TaskID, _ job: AggregationJobID, outcomes: [HelperOutcome], verifyKey: VerifyKey?,
        recordsRefusals: Bool, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> [UInt8] {
        let commit = HelperJobCommit(
            taskID: task, job: job, outcomes: outcomes, verifyKey: verifyKey, recordsRefusals: recordsRefusals,
            vdaf: vdaf)
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
            guard let key = try session.lockedTask(task, .shared) else { return false }
            return try session.execute(
                """
                UPDATE helper_jobs SET response = NULL WHERE task = $1 AND job_id = $2 AND response IS NOT NULL
                """, [key, job.blob]) == 1
        }
    }
}
