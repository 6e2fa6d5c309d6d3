import Commitments
import DAP
import Ed25519
import Encodings
import TaskTypes
import VDAF

/// A task whose parameters make sense together.
public struct ValidatedTask: Sendable, Equatable {
    /// The configuration that was checked.
    public let configuration: TaskConfiguration
    /// What a report holds.
    public let vdaf: VDAFConfiguration
    /// Nil in a plain DAP task.
    public let cairn: CairnTaskParameters?
    /// The most reports that a batch may have: what the task says, or in a plain DAP task, which says nothing, as many as
    /// cannot exceed the field.
    public let maxBatchSize: UInt64
    /// How well the helper's share hides an input, in bits, for committed tasks.
    public let sigma: Double?
    /// The capacity check's arithmetic, for a person.
    public let capacity: String

    /// The hash that names the task.
    public var taskID: TaskID { configuration.taskID }
    /// Whether the task logs commitments to its reports.
    public var isCommitted: Bool { vdaf.isCommitted }
    /// Whether this is a task of nothing but DAP, without Cairn's parameters: any DAP aggregator can take part in it, and
    /// nothing about it is logged or can be checked.
    public var isPlain: Bool { cairn == nil }
}

extension TaskConfiguration {
    /// No batch has more reports: Cairn's aggregators name each of them to each other in one list of 2^32 - 1 bytes at most, by
    /// ids of 16 bytes (`Protocols/tasks.md`, section 4).
    public static let largestBatch: UInt64 = 1 << 28 - 1

    /// Checks everything that makes a task safe to create and to join: that its sums fit, its commitments hide, and all
    /// parameters are there. Only an uncommitted task may lack Cairn's parameters altogether.
    ///
    /// That no key, origin or URL contains the task ID needs no check: they are all part of what the task ID is the
    /// hash of.
    public func validated() throws(TaskValidationError) -> ValidatedTask {
        let vdaf: VDAFConfiguration
        do {
            vdaf = try self.vdaf
        } catch {
            throw .vdaf(error)
        }
        for url in [leaderURL, helperURL] { try Self.checkEndpoint(url) }
        guard minBatchSize >= 1 else { throw .batchSize("min_batch_size must be at least 1") }
        guard minBatchSize <= Self.largestBatch else {
            throw .batchSize("min_batch_size \(minBatchSize): no batch has more than \(Self.largestBatch) reports")
        }
        guard let cairn else { return try validatedPlain(vdaf) }
        try Self.checkKeys(cairn)
        guard minBatchSize <= cairn.maxBatchSize else {
            throw .batchSize("min_batch_size \(minBatchSize) exceeds max_batch_size \(cairn.maxBatchSize)")
        }
        try Self.checkCapacity(vdaf, maxBatchSize: cairn.maxBatchSize)
        try Self.checkNumericEncoding(cairn.numericEncoding, vdaf)
        try Self.checkCredit(cairn, vdaf)
        return ValidatedTask(
            configuration: self, vdaf: vdaf, cairn: cairn, maxBatchSize: cairn.maxBatchSize,
            sigma: vdaf.isCommitted ? try Self.checkCommitted(vdaf, cairn) : nil,
            capacity: Self.capacity(vdaf, maxBatchSize: cairn.maxBatchSize))
    }

    /// A task without Cairn's parameters. Nothing in it bounds a batch, so the field does.
    private func validatedPlain(_ vdaf: VDAFConfiguration) throws(TaskValidationError) -> ValidatedTask {
        guard !vdaf.isCommitted else { throw .missingCairnParameters }
        let width = max(UInt128(vdaf.coordinateBound) * (vdaf.isSigned ? 2 : 1), 1)
        // Batches are counted in signed 64-bit columns.
        let largest = min(UInt64(clamping: (vdaf.fieldModulus - 1) / width), UInt64(Int64.max))
        guard minBatchSize <= largest else {
            throw .capacity(
                "min_batch_size \(minBatchSize): a sum could wrap around, since with coordinates up to "
                    + "\(vdaf.coordinateBound) the field \(vdaf.fieldModulus) holds batches of at most \(largest) reports"
            )
        }
        return ValidatedTask(
            configuration: self, vdaf: vdaf, cairn: nil, maxBatchSize: largest, sigma: nil,
            capacity: Self.capacity(vdaf, maxBatchSize: largest))
    }

    private static func capacity(_ vdaf: VDAFConfiguration, maxBatchSize: UInt64) -> String {
        "\(maxBatchSize) reports × \(vdaf.isSigned ? "2 × " : "")\(vdaf.coordinateBound) < \(vdaf.fieldModulus)"
    }

    /// Under some keys everybody can sign: a task that names one has nobody's word.
    private static func checkKeys(_ cairn: CairnTaskParameters) throws(TaskValidationError) {
        let keys = [
            ("the leader's statement key", cairn.statementKeys?.leader),
            ("the helper's statement key", cairn.statementKeys?.helper), ("owner_key", cairn.ownerKey),
            ("log_key", cairn.logKey.flatMap(publicKey(ofLog:))),
        ]
        for case (let name, let key?) in keys where WeakKey.isWeak(key) { throw .weakKey(name) }
    }

    /// The 32 bytes of a verifier key: `NAME+ID+BASE64`, of an algorithm's byte and the key (c2sp.org/signed-note). Nil for what
    /// is none: nobody has signed anything under that.
    private static func publicKey(ofLog vkey: String) -> [UInt8]? {
        guard let text = vkey.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).dropFirst(2).first,
            let bytes = Base64.decode(text), bytes.first == 1
        else { return nil }
        return Array(bytes.dropFirst())
    }

    private static func checkEndpoint(_ text: String) throws(TaskValidationError) {
        guard let address = try? WebAddress(text), address.query == nil else { throw .invalidURL(text) }
    }

    /// max batch size × bound must fit the field.
    private static func checkCapacity(
        _ vdaf: VDAFConfiguration, maxBatchSize: UInt64
    ) throws(TaskValidationError) {
        let bound = UInt128(vdaf.coordinateBound) * (vdaf.isSigned ? 2 : 1)
        do throws(CapacityExceeded) {
            if vdaf.fieldModulus == Field64.modulus {
                try Capacity.check(maxBatchSize: maxBatchSize, bound: bound, field: Field64.self)
            } else {
                try Capacity.check(maxBatchSize: maxBatchSize, bound: bound, field: Field128.self)
            }
        } catch {
            throw .capacity(error.description)
        }
    }

    /// - Returns: σ.
    private static func checkCommitted(
        _ vdaf: VDAFConfiguration, _ cairn: CairnTaskParameters
    ) throws(TaskValidationError) -> Double {
        let required: [(String, Bool)] = [
            ("statement_keys", cairn.statementKeys != nil), ("log_key", cairn.logKey != nil),
            ("log_policy_hash", cairn.logPolicyHash != nil), ("publish", cairn.publish != nil),
            ("admission", cairn.admission != nil), ("credit_policy", cairn.creditPolicy != nil),
        ]
        for (field, isPresent) in required where !isPresent { throw .missingField(field) }
        if let keys = cairn.statementKeys, keys.leader == keys.helper { throw .sameStatementKeys }
        let bound = UInt128(vdaf.coordinateBound)
        let distance = vdaf.outputDistance
        do throws(SigmaTooSmall) {
            try SigmaRule.check(modulus: vdaf.fieldModulus, bound: bound, distance: distance)
        } catch {
            throw .hiding(error.description + (vdaf.taskType.advisedWhereUnsafe.map { "; \($0)" } ?? ""))
        }
        return SigmaRule.sigma(modulus: vdaf.fieldModulus, bound: bound, distance: distance)
    }

    /// The VDAF must take exactly the integers that the encoding produces.
    private static func checkNumericEncoding(
        _ encoding: NumericEncoding?, _ vdaf: VDAFConfiguration
    ) throws(TaskValidationError) {
        guard let encoding else { return }
        guard vdaf.taskType.takesNumericEncoding else {
            throw .numericEncoding("numeric_encoding needs a Sum or a SumVec")
        }
        let largest = UInt64(1) << UInt64(encoding.bits) - 1
        guard vdaf.coordinateBound == largest else {
            throw .numericEncoding(
                "numeric_encoding of \(encoding.bits) bits needs max_measurement \(largest), "
                    + "not \(vdaf.coordinateBound)")
        }
    }

    /// A single credit |⟨λ, x⟩| ≤ T·Λ, and what bounds it, must fit 63 bits, T the most that a report's coordinates add up to; how many
    /// credits one claim may add up is the claims' own rule.
    private static func checkCredit(
        _ cairn: CairnTaskParameters, _ vdaf: VDAFConfiguration
    ) throws(TaskValidationError) {
        guard let policy = cairn.creditPolicy else { return }
        switch policy.kind {
        case .none, .unit:
            guard policy.bound == 0 else { throw .credit("this credit policy has no λ, so its bound must be 0") }
            return
        case .priced, .validation:
            guard cairn.lambdaHash != nil else { throw .missingField("lambda_hash") }
        case .alignment:
            guard cairn.publish != .collector else {
                throw .credit("alignment credit needs publish = public: its λ is the published aggregate")
            }
        }
        guard policy.bound > 0 else { throw .credit("the bound on λ must be at least 1") }
        let (credit, overflow) = vdaf.sumBound.multipliedReportingOverflow(by: UInt128(policy.bound))
        // The norm of λ is rounded up where credit is bounded by norms.
        let rounding = vdaf.isSigned ? UInt128(vdaf.coordinateBound) : 0
        guard !overflow, credit < 1 << 63 - rounding else {
            throw .capacity(
                "credit: largest sum of a report's coordinates \(vdaf.sumBound) × Λ \(policy.bound) must be below "
                    + "2^63 = 9223372036854775808")
        }
    }
}
