import DAP

extension CairnTaskParameters: WireMessage {
    private enum Tag: UInt16, CaseIterable {
        case statementKeys = 1
        case collectorHpkeHash, logKey, logPolicyHash, maxBatchSize, publish, ownerKey, admission, numericEncoding
        case modelHash, creditPolicy, lambdaHash, termsHash, logWindow

        var name: String {
            switch self {
            case .statementKeys: "statement_keys"
            case .collectorHpkeHash: "collector_hpke_hash"
            case .logKey: "log_key"
            case .logPolicyHash: "log_policy_hash"
            case .maxBatchSize: "max_batch_size"
            case .publish: "publish"
            case .ownerKey: "owner_key"
            case .admission: "admission"
            case .numericEncoding: "numeric_encoding"
            case .modelHash: "model_hash"
            case .creditPolicy: "credit_policy"
            case .lambdaHash: "lambda_hash"
            case .termsHash: "terms_hash"
            case .logWindow: "log_window"
            }
        }
    }

    /// Reads the extension's data: fields to the end of it.
    public init(from reader: inout ByteReader) throws(CodecError) {
        var values: [Tag: [UInt8]] = [:]
        var previous: UInt16?
        while reader.remaining > 0 {
            let code = try reader.uint16("cairn field tag")
            let value = try reader.opaque16("cairn field \(code)")
            if let previous, code <= previous { throw .extensionOrder(type: code, after: previous) }
            previous = code
            guard let tag = Tag(rawValue: code) else {
                throw .unsupported(field: "cairn field tag", value: UInt64(code))
            }
            values[tag] = value
        }
        guard let collectorHpkeHash = try Self.read(.collectorHpkeHash, values, Self.hash) else {
            throw .missingField(Tag.collectorHpkeHash.name)
        }
        guard let maxBatchSize = try Self.read(.maxBatchSize, values, Self.uint64) else {
            throw .missingField(Tag.maxBatchSize.name)
        }
        self.init(collectorHpkeHash: collectorHpkeHash, maxBatchSize: maxBatchSize)
        statementKeys = try Self.read(.statementKeys, values, Self.keys)
        logKey = try Self.read(.logKey, values, Self.text)
        logPolicyHash = try Self.read(.logPolicyHash, values, Self.hash)
        publish = try Self.read(.publish, values, Self.publishMode)
        ownerKey = try Self.read(.ownerKey, values, Self.hash)
        admission = try Self.read(.admission, values, Self.admissionMode)
        numericEncoding = try Self.read(.numericEncoding, values, Self.numericEncoding)
        modelHash = try Self.read(.modelHash, values, Self.hash)
        creditPolicy = try Self.read(.creditPolicy, values, Self.creditPolicy)
        lambdaHash = try Self.read(.lambdaHash, values, Self.hash)
        termsHash = try Self.read(.termsHash, values, Self.hash)
        logWindow = try Self.read(.logWindow, values, Self.window)
    }

    public func encode(into writer: inout ByteWriter) {
        Self.write(.statementKeys, statementKeys.map { $0.leader + $0.helper }, &writer)
        Self.write(.collectorHpkeHash, collectorHpkeHash, &writer)
        Self.write(.logKey, logKey.map { Array($0.utf8) }, &writer)
        Self.write(.logPolicyHash, logPolicyHash, &writer)
        Self.write(.maxBatchSize, Self.bigEndian(maxBatchSize), &writer)
        Self.write(.publish, publish.map { [$0.rawValue] }, &writer)
        Self.write(.ownerKey, ownerKey, &writer)
        Self.write(.admission, admission.map { _ in [0] }, &writer)
        Self.write(
            .numericEncoding, numericEncoding.map { [$0.bits] + Self.bigEndian($0.bound.bitPattern) }, &writer)
        Self.write(.modelHash, modelHash, &writer)
        Self.write(.creditPolicy, creditPolicy.map { [$0.kind.rawValue] + Self.bigEndian($0.bound) }, &writer)
        Self.write(.lambdaHash, lambdaHash, &writer)
        Self.write(.termsHash, termsHash, &writer)
        Self.write(.logWindow, logWindow.map { Self.bigEndian($0.seconds) }, &writer)
    }

    private static func write(_ tag: Tag, _ value: [UInt8]?, _ writer: inout ByteWriter) {
        guard let value else { return }
        writer.write(tag.rawValue)
        writer.opaque16(value)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(value)
        return writer.bytes
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(value)
        return writer.bytes
    }

    /// Reads one field; the value must be used up.
    private static func read<Value>(
        _ tag: Tag, _ values: [Tag: [UInt8]], _ parse: (inout ByteReader, String) throws(CodecError) -> Value
    ) throws(CodecError) -> Value? {
        guard let bytes = values[tag] else { return nil }
        var reader = ByteReader(bytes)
        let value = try parse(&reader, tag.name)
        try reader.finish()
        return value
    }

    private static func hash(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> [UInt8] {
        try reader.bytes(32, name)
    }

    private static func uint64(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> UInt64 {
        try reader.uint64(name)
    }

    private static func keys(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> StatementKeys {
        StatementKeys(leader: try reader.bytes(32, name), helper: try reader.bytes(32, name))
    }

    private static func text(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> String {
        guard let text = String(validating: try reader.bytes(reader.remaining, name), as: UTF8.self) else {
            throw .invalidValue(field: name, reason: "not UTF-8")
        }
        guard !text.isEmpty else { throw .emptyField(name) }
        return text
    }

    private static func publishMode(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> PublishMode {
        let code = try reader.uint8(name)
        guard let mode = PublishMode(rawValue: code) else { throw .unsupported(field: name, value: UInt64(code)) }
        return mode
    }

    private static func admissionMode(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> AdmissionMode {
        let code = try reader.uint8(name)
        guard code == 0 else { throw .unsupported(field: name, value: UInt64(code)) }
        return .open
    }

    private static func numericEncoding(
        _ reader: inout ByteReader, _ name: String
    ) throws(CodecError) -> NumericEncoding {
        let bits = try reader.uint8(name)
        let bound = Double(bitPattern: try reader.uint64(name))
        guard (1...63).contains(bits) else { throw .invalidValue(field: name, reason: "bits must lie in 1...63") }
        guard bound.isFinite, bound > 0 else {
            throw .invalidValue(field: name, reason: "the bound must be finite and positive")
        }
        return NumericEncoding(bits: bits, bound: bound)
    }

    private static func creditPolicy(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> CreditPolicy {
        let code = try reader.uint8(name)
        guard let kind = CreditPolicy.Kind(rawValue: code) else { throw .unsupported(field: name, value: UInt64(code)) }
        return CreditPolicy(kind: kind, bound: try reader.uint64(name))
    }
    private static func window(_ reader: inout ByteReader, _ name: String) throws(CodecError) -> LogWindow {
        guard let window = LogWindow(seconds: try reader.uint32(name)) else {
            throw .invalidValue(field: name, reason: "it must lie in 1...\(LogWindow.longest) seconds")
        }
        return window
    }
}
