import Encodings
import Logging

/// A log handler that hands on nothing that a terminal obeys: lines quote what peers and strangers have sent.
package struct PlainTextLogHandler: LogHandler {
    private var base: any LogHandler

    package init(_ base: any LogHandler) { self.base = base }

    package func log(event: LogEvent) {
        var event = event
        event.message = Logger.Message(stringLiteral: Self.plain(event.message.description))
        event.metadata = event.metadata?.mapValues(Self.plain)
        base.log(event: event)
    }

    private static func plain(_ text: String) -> String {
        let safe = text.safeForTerminals
        // Every request gets an id for its lines, whether there will be any or not.
        return safe.utf8.contains(UInt8(ascii: "\n")) ? safe.replacing("\n", with: "\\n") : safe
    }

    private static func plain(_ value: Logger.Metadata.Value) -> Logger.Metadata.Value {
        switch value {
        case .string(let text): .string(plain(text))
        case .stringConvertible(let value): .string(plain(value.description))
        case .dictionary(let values): .dictionary(values.mapValues(plain))
        case .array(let values): .array(values.map(plain))
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue.map(Self.plain) }
    }

    package var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue.mapValues(Self.plain) }
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
