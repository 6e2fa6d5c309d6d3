import DAP
import Datastore

/// Decides when aggregation jobs are formed and sent again, and whose turn it is. Pure: time comes in, an action goes out.
///
/// What it knows are hints: of jobs, when this process has heard that they fall due. Which job is due, and nobody's, the
/// database says when one is taken; and it is asked often enough for what no hint told.
///
/// Jobs are formed eagerly (DAP-18, Eager Aggregation): at once when enough reports wait for a full job or a
/// collection needs them; otherwise when no more have come for a moment, and after some patience even if they keep
/// coming. Larger jobs cost less per report: one request, one transaction, one batched link check.
///
/// Whatever is under way holds a slot. A task has few of them, the node has more, and the task that has waited longest
/// since it was last served comes first, so a helper that is slow or fails for one task holds up no other. A job that
/// waits, because the helper deferred it or failed, holds none. Of several helpers each has an equal part of the slots, so one
/// that lets requests hang, for however many tasks, leaves the others theirs.
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
        /// Actions under way at a time: of one task, and of all.
        package var slotsPerTask = 4
        package var slots = 16
        /// After so many failed exchanges in a row, jobs of a task are formed at growing intervals only: reports that
        /// are in no job yet stay free, and an outage leaves no heap of pending jobs behind.
        package var failuresInARow = 3

        package init() {}
    }

    package enum Action: Equatable {
        /// Form one job of this task, of at most the limits' size.
        case form(TaskID)
        /// Take up a job of this task that has fallen due: this one, or one that fell due before it.
        case resume(Int64, of: TaskID)
        /// Nothing to do before this time; nil: before something arrives or ends.
        case wait(until: Instant?)
    }

    private struct Waiting {
        var count: Int
        var first: Instant
        var last: Instant
        var isUrgent: Bool
    }

    private struct Resumption {
        var due: Instant
        /// Whether the peer asked for the pause.
        var isAsked: Bool
    }

    private struct Lane {
        var waiting: Waiting?
        var resumptions: [Int64: Resumption] = [:]
        var underWay = 0
        var lastServed: Instant?
        var lastWasResumption = false
        var failures = 0
        /// Where exchanges fail: when the next job may be formed.
        var formAfter: Instant?
        /// The same by the peer's own word.
        var askedAfter: Instant?
    }

    let limits: Limits
    private var lanes: [TaskID: Lane] = [:]
    private var underWay = 0
    /// Who the other aggregator of a task is, as far as that is known.
    private var peers: [TaskID: String] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: What happens

    /// Who the other aggregators of tasks are. (Tasks about which nothing was said are one peer's together.)
    package mutating func learn(_ peers: [TaskID: String]) { self.peers = peers }

    /// Reports were uploaded.
    package mutating func arrived(_ count: Int, of task: TaskID, at now: Instant) {
        var waiting = lanes[task]?.waiting ?? Waiting(count: 0, first: now, last: now, isUrgent: false)
        waiting.count += count
        waiting.last = now
        lanes[task, default: Lane()].waiting = waiting
    }

    /// Whatever waits has to be aggregated now: a collection needs it, or it waited in the database before this
    /// start.
    package mutating func demand(_ task: TaskID, at now: Instant) {
        var waiting = lanes[task]?.waiting ?? Waiting(count: 0, first: now, last: now, isUrgent: true)
        waiting.isUrgent = true
        lanes[task, default: Lane()].waiting = waiting
    }

    /// A pending job has to be sent at `instant` or later.
    package mutating func resume(_ job: Int64, of task: TaskID, at instant: Instant, isAsked: Bool = false) {
        lanes[task, default: Lane()].resumptions[job] = Resumption(due: instant, isAsked: isAsked)
    }

    /// An action has ended, however it did: its slot is free.
    package mutating func ended(_ task: TaskID) {
        underWay -= 1
        lanes[task]?.underWay -= 1
    }

    /// The helper gave an answer about a job of this task. After an outage, jobs that wait for no reason of their own
    /// follow at once, one after the other.
    package mutating func answered(_ task: TaskID, at now: Instant) {
        guard let lane = lanes[task] else { return }
        lanes[task]?.askedAfter = nil
        if lane.failures >= limits.failuresInARow { return returned(task, at: now) }
        lanes[task]?.failures = 0
        lanes[task]?.formAfter = nil
    }

    /// The helper, which could not be reached, can be: jobs follow at once, however few exchanges about the task had failed.
    /// After a restart that may be one, and its job wait for as long as its history says.
    package mutating func returned(_ task: TaskID, at now: Instant) {
        guard var lane = lanes[task] else { return }
        let hurried = lane.resumptions.filter { !$0.value.isAsked && $0.value.due > now }.keys.sorted()
        for (number, job) in hurried.enumerated() {
            let planned = lane.resumptions[job]?.due
            lane.resumptions[job]?.due = min(planned ?? now, now + .milliseconds(50) * number)
        }
        lane.failures = 0
        lane.formAfter = nil
        lanes[task] = lane
    }

    /// An exchange about a job of this task failed, and is repeated after a pause.
    ///
    /// - Returns: whether so many have failed in a row by now that the helper may be away.
    @discardableResult
    package mutating func failed(_ task: TaskID, pause: Duration, isAsked: Bool, at now: Instant) -> Bool {
        var lane = lanes[task] ?? Lane()
        lane.failures += 1
        if isAsked { lane.askedAfter = max(lane.askedAfter ?? now, now + pause) }
        holdBack(&lane, at: now)
        lanes[task] = lane
        return lane.failures >= limits.failuresInARow
    }

    /// Whether so many exchanges about a task have failed in a row that its helper may be away.
    package func isHelperAway(_ task: TaskID) -> Bool { (lanes[task]?.failures ?? 0) >= limits.failuresInARow }

    /// Whether a pending job has its time here, at this instant at the latest.
    package func isScheduled(_ job: Int64, of task: TaskID, by instant: Instant? = nil) -> Bool {
        guard let due = lanes[task]?.resumptions[job]?.due else { return false }
        return instant.map { due <= $0 } ?? true
    }

    // MARK: What to do

    /// What to do now. An action is given out once, and holds a slot until ``ended(_:)``.
    package mutating func next(at now: Instant) -> Action {
        guard underWay < limits.slots else { return .wait(until: nil) }
        let full = fullPeers
        let ready = lanes.filter { task, lane in
            lane.underWay < limits.slotsPerTask && isReady(lane, at: now) && !full.contains(peers[task])
        }
        guard let (task, lane) = ready.min(by: { isBefore($0.value, $1.value, at: now) }) else {
            return .wait(until: nextTime(after: now))
        }
        var served = lane
        let due = dueResumption(lane, at: now)
        let isResuming = due != nil && !(lane.lastWasResumption && isFormable(lane, at: now))
        if isResuming, let due {
            served.resumptions[due] = nil
        } else {
            served.waiting = lane.waiting.flatMap(remainder)
            // Where the helper fails, the next one waits for the outcome of this one.
            holdBack(&served, at: now)
        }
        served.lastWasResumption = isResuming
        served.lastServed = now
        served.underWay += 1
        underWay += 1
        lanes[task] = served
        return isResuming ? .resume(due ?? 0, of: task) : .form(task)
    }

    private func holdBack(_ lane: inout Lane, at now: Instant) {
        guard lane.failures >= limits.failuresInARow else { return }
        let pause = RetryRules.pause(
            .unusable, inARow: lane.failures - limits.failuresInARow + 1, asked: nil, random: 0.5)
        lane.formAfter = max(lane.formAfter ?? now, now + pause)
    }

    /// Who was served longest ago; among those who never were, who waits longest.
    private func isBefore(_ one: Lane, _ other: Lane, at now: Instant) -> Bool {
        switch (one.lastServed, other.lastServed) {
        case (let first?, let second?): first < second
        case (nil, nil): waitingSince(one, at: now) < waitingSince(other, at: now)
        case (let first, _): first == nil
        }
    }

    private func waitingSince(_ lane: Lane, at now: Instant) -> Instant {
        min(lane.waiting?.first ?? now, lane.resumptions.values.map(\.due).min() ?? now)
    }

    private func isReady(_ lane: Lane, at now: Instant) -> Bool {
        isFormable(lane, at: now) || dueResumption(lane, at: now) != nil
    }

    private func dueResumption(_ lane: Lane, at now: Instant) -> Int64? {
        lane.resumptions.filter { $0.value.due <= now }.min { ($0.value.due, $0.key) < ($1.value.due, $1.key) }?.key
    }

    private func isFormable(_ lane: Lane, at now: Instant) -> Bool {
        formTime(lane, at: now).map { $0 <= now } ?? false
    }

    /// When the next job of the task is to be formed; nil where nothing waits.
    private func formTime(_ lane: Lane, at now: Instant) -> Instant? {
        guard let waiting = lane.waiting else { return nil }
        let isDue = waiting.isUrgent || waiting.count >= limits.jobSize
        let due = isDue ? now : min(waiting.last + limits.idle, waiting.first + limits.patience)
        return max(due, lane.formAfter ?? due, lane.askedAfter ?? due)
    }

    /// The peers whose part of the slots is in use; nobody's where there is only one.
    private var fullPeers: Set<String?> {
        let count = Set(peers.values).count
        guard count > 1 else { return [] }
        let part = max(1, limits.slots / count)
        let used = lanes.reduce(into: [String?: Int]()) { $0[peers[$1.key], default: 0] += $1.value.underWay }
        return Set(used.filter { $0.value >= part }.keys)
    }

    /// When something falls due that has a slot; what has none is looked at again when one is given back.
    private func nextTime(after now: Instant) -> Instant? {
        let full = fullPeers
        let free = lanes.filter { $0.value.underWay < limits.slotsPerTask && !full.contains(peers[$0.key]) }
        return free.values.flatMap { lane in
            [formTime(lane, at: now), lane.resumptions.values.map(\.due).min()].compactMap(\.self)
        }.min()
    }

    private func remainder(of state: Waiting) -> Waiting? {
        guard state.count > limits.jobSize else { return nil }
        var rest = state
        rest.count -= limits.jobSize
        return rest
    }
}
