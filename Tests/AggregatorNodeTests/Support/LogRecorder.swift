import Logging
import Synchronization

/// Keeps the lines that nodes log.
final class LogRecorder: Sendable {
    struct Line: Sendable {
        var node: String
        var level: Logger.Level
        var text: String
        var metadata: Logger.Metadata
    }

    private let kept = Mutex<[Line]>([])

    func logger(_ node: String) -> Logger {
        Logger(label: node) { _ in Handler(recorder: self, node: node) }
    }

    func lines(_ node: String, _ text: String) -> [Line] {
        kept.withLock { $0 }.filter { $0.node == node && $0.text == text }
    }

    func count(_ node: String, _ text: String) -> Int { lines(node, text).count }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        let node: String
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            recorder.kept.withLock {
                $0.append(Line(node: node, level: event.level, text: event.message.description, metadata: all))
            }
        }
    }
}
