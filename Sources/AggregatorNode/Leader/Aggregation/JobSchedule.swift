import DAP

/// Decides when aggregation jobs are formed and sent again. Pure: time comes in, an action goes out.
///
/// Jobs are formed eagerly (DAP-18, Eager Aggregation): at once when enough reports wait for a full job or a
/// collection needs them; otherwise when no more have come for a moment, and after some patience even if they keep
/// coming. Larger jobs cost less per report: one request, one transaction, one batched link check.
package struct JobSchedule {
    package typealias Instant = ContinuousClock.Instant

    package struct Limits: Sendable {
        /// Reports a job.
        package var jobSize = 100
        /// Stops after the report with which a job's shares reach this many bytes.
        package var jobBytes = 32 << 20
        /// How long no report has to come before a job that is not full is formed.
        package var idle: Duration = .milliseconds(200)
        /// How long the oldest report waits at most.
        package var patience: Duration = .seconds(2)

        package init() {}
    }

    package enum Action: Equatable {
        /// Form one job of this task, of at most the limits' size.
        case form(TaskID)
        /// Send this pending job again.
        case resume(Int64)
        /// Nothing to do before this time; nil: before something arrives.
        case wait(until: Instant?)
    }

    private struct Waiting {
        var count: Int
        var first: Instant
        var last: Instant
        var isUrgent: Bool
    }

    let limits: Limits
    private var waiting: [TaskID: Waiting] = [:]
    private var resumptions: [Int64: Instant] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Reports were uploaded.
    package mutating func arrived(_ count: Int, of task: TaskID, at now: Instant) {
        waiting[task, default: Waiting(count: 0, first: now, last: now, isUrgent: false)].count += count
        waiting[task]?.last = now
    }

    /// Whatever waits has to be aggregated now: a collection needs it, or it waited in the database before this
    /// start.
    package mutating func demand(_ task: TaskID, at now: Instant) {
        waiting[task, default: Waiting(count: 0, first: now, last: now, isUrgent: true)].isUrgent = true
    }

    /// A pending job has to be sent at `instant` or later.
    package mutating func resume(_ job: Int64, at instant: Instant) {
        resumptions[job] = instant
    }

    /// What to do now. An action is given out once.
    package mutating func next(at now: Instant) -> Action {
        if let due = resumptions.filter({ $0.value <= now }).min(by: { $0.value < $1.value }) {
            resumptions[due.key] = nil
            return .resume(due.key)
        }
        if let (task, state) = waiting.filter({ isDue($0.value, at: now) }).min(by: { $0.value.first < $1.value.first })
        {
            waiting[task] = remainder(of: state)
            return .form(task)
        }
        return .wait(until: (waiting.values.map(dueTime) + Array(resumptions.values)).min())
    }

    private func isDue(_ state: Waiting, at now: Instant) -> Bool {
        state.isUrgent || state.count >= limits.jobSize || dueTime(state) <= now
    }

    private func dueTime(_ state: Waiting) -> Instant {
        min(state.last + limits.idle, state.first + limits.patience)
    }

    private func remainder(of state: Waiting) -> Waiting? {
        guard state.count > limits.jobSize else { return nil }
        var rest = state
        rest.count -= limits.jobSize
        return rest
    }
}
