import Logging
import Synchronization

/// How many lines of one kind go into a log: a bucket of tokens that fills slowly. Pure: time comes in.
///
/// Whoever can make a node write a line can make it write a million; the log must not fill the disk.
package struct LogThrottle {
    /// Lines of a kind at once.
    package static let burst = 100.0
    /// Lines of a kind a second, in the long run.
    package static let rate = 2.0
    /// Beyond so many kinds, all others are one.
    package static let mostKinds = 1_000

    package struct Kind: Hashable {
        package let level: Logger.Level
        package let message: String

        package init(level: Logger.Level, message: String) {
            self.level = level
            self.message = message
        }
    }

    package enum Decision: Equatable {
        /// To be written; so many of the kind before it were not.
        case write(leftOut: Int)
        case leaveOut
    }

    private struct Bucket {
        var tokens: Double
        var filled: ContinuousClock.Instant
        var leftOut = 0
    }

    private var buckets: [Kind: Bucket] = [:]

    package init() {}

    package mutating func decide(_ kind: Kind, at now: ContinuousClock.Instant) -> Decision {
        guard kind.level < .critical else { return .write(leftOut: 0) }
        let kind =
            buckets[kind] != nil || buckets.count < Self.mostKinds
            ? kind : Kind(level: kind.level, message: "(other)")
        var bucket = buckets[kind] ?? Bucket(tokens: Self.burst, filled: now)
        let elapsed = bucket.filled.duration(to: now) / .seconds(1)
        bucket.tokens = min(Self.burst, bucket.tokens + elapsed * Self.rate)
        bucket.filled = now
        defer { buckets[kind] = bucket }
        guard bucket.tokens >= 1 else {
            bucket.leftOut += 1
            return .leaveOut
        }
        bucket.tokens -= 1
        defer { bucket.leftOut = 0 }
        return .write(leftOut: bucket.leftOut)
    }
}

/// A log handler that leaves out what comes too often; the next line of the kind says how many there were.
package struct ThrottledLogHandler: LogHandler {
    private var base: any LogHandler
    private let state: State

    private final class State: Sendable {
        let throttle = Mutex(LogThrottle())
    }

    package init(_ base: any LogHandler) {
        self.base = base
        state = State()
    }

    package func log(event: LogEvent) {
        let kind = LogThrottle.Kind(level: event.level, message: event.message.description)
        switch state.throttle.withLock({ $0.decide(kind, at: .now) }) {
        case .leaveOut: return
        case .write(let leftOut):
            var event = event
            if leftOut > 0 { event.metadata = (event.metadata ?? [:]).merging(["left_out": "\(leftOut)"]) { $1 } }
            base.log(event: event)
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    package var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    package var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    package var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }
}
