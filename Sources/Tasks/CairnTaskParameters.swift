/// The two Ed25519 keys with which the aggregators sign `close` entries and batch statements.
public struct StatementKeys: Hashable, Sendable {
    /// 32 bytes.
    public let leader: [UInt8]
    /// 32 bytes.
    public let helper: [UInt8]

    /// The keys of both aggregators, 32 bytes each.
    public init(leader: [UInt8], helper: [UInt8]) {
        self.leader = leader
        self.helper = helper
    }
}

/// Who gets to see the aggregate shares of a committed task.
public enum PublishMode: UInt8, Sendable, Hashable, CaseIterable {
    /// Everybody, after the batch is closed.
    case `public` = 0
    /// The collector alone.
    case collector = 1
}

/// Who may contribute.
public enum AdmissionMode: Hashable, Sendable {
    /// Anybody.
    case open
}

/// How real numbers were turned into the VDAF's integers: q in [0, 2^bits - 1] stands for q / scale - bound, with
/// scale = (2^bits - 1) / (2·bound).
public struct NumericEncoding: Hashable, Sendable {
    /// 1 to 63.
    public let bits: UInt8
    /// The largest absolute value of a coordinate; finite and positive.
    public let bound: Double

    /// An encoding; ``TaskConfiguration/validated()`` says whether it can be used.
    public init(bits: UInt8, bound: Double) {
        self.bits = bits
        self.bound = bound
    }
}

/// What a contribution earns: v = ⟨λ, x⟩ for a public vector λ with |λ_k| ≤ `bound`.
public struct CreditPolicy: Hashable, Sendable {
    /// Where λ comes from.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// Nothing.
        case none = 0
        /// One per accepted contribution.
        case unit = 1
        /// λ fixed by the task.
        case priced = 2
        /// λ = the published aggregate.
        case alignment = 3
        /// λ from validation data, revealed after the batch is closed.
        case validation = 4
    }

    /// Where λ comes from.
    public let kind: Kind
    /// Λ: the bound on |λ_k|; 0 for `none` and `unit`, which have no λ.
    public let bound: UInt64

    /// A policy; ``TaskConfiguration/validated()`` says whether a task can have it.
    public init(kind: Kind, bound: UInt64) {
        self.kind = kind
        self.bound = bound
    }
}

/// Cairn's own parameters of a task: one task extension, so they are part of the task ID (design: task agreement).
///
/// The extension's data is a list of fields, each a 16-bit tag and a value with a 16-bit length, in strictly increasing
/// order of tags. A tag that is not listed here, or a value that does not have exactly the shape given, makes the task
/// unusable: whoever does not understand a parameter must not take part.
///
/// | tag | field | value |
/// | --- | --- | --- |
/// | 1 | `statement_keys` | the leader's and the helper's Ed25519 key, 32 bytes each |
/// | 2 | `collector_hpke_hash` | SHA-256 of the collector's encoded `HpkeConfig` |
/// | 3 | `log_key` | the log's verifier key (C2SP signed-note vkey), UTF-8 |
/// | 4 | `log_policy_hash` | SHA-256 of the log policy file |
/// | 5 | `max_batch_size` | u64 |
/// | 6 | `publish` | u8: 0 public, 1 collector |
/// | 7 | `owner_key` | Ed25519 key that signs `round` and `model` entries |
/// | 8 | `admission` | u8: 0 open |
/// | 9 | `numeric_encoding` | u8 bits, IEEE 754 binary64 bound |
/// | 10 | `model_hash` | SHA-256 of the model that the round starts from |
/// | 11 | `credit_policy` | u8 kind, u64 Λ |
/// | 12 | `lambda_hash` | 32 bytes |
/// | 13 | `terms_hash` | 32 bytes |
/// | 14 | `log_window` | u32, seconds, 1 to 604,800 |
///
/// 2 and 5 are always present; 1, 3, 4, 6, 8 and 11 in committed tasks (``TaskConfiguration/validated()``).
public struct CairnTaskParameters: Hashable, Sendable {
    /// The task extension's type.
    public static let extensionType: UInt16 = 0xFF00

    /// The keys under which both aggregators sign closes and statements; nil in uncommitted tasks.
    public var statementKeys: StatementKeys?
    /// 32 bytes.
    public var collectorHpkeHash: [UInt8]
    /// The log's verifier key (C2SP signed-note vkey); nil in uncommitted tasks.
    public var logKey: String?
    /// 32 bytes.
    public var logPolicyHash: [UInt8]?
    /// The most reports that a batch may have, which bounds the sums.
    public var maxBatchSize: UInt64
    /// Who sees aggregate shares; nil in uncommitted tasks.
    public var publish: PublishMode?
    /// 32 bytes.
    public var ownerKey: [UInt8]?
    /// Who may contribute; nil in uncommitted tasks.
    public var admission: AdmissionMode?
    /// How real numbers became integers; nil where they are none.
    public var numericEncoding: NumericEncoding?
    /// 32 bytes.
    public var modelHash: [UInt8]?
    /// What a contribution earns; nil in uncommitted tasks.
    public var creditPolicy: CreditPolicy?
    /// 32 bytes.
    public var lambdaHash: [UInt8]?
    /// 32 bytes.
    public var termsHash: [UInt8]?
    /// How long the log lets words about reports wait, so that it does not tell when each came; nil: not at all, as in tasks from
    /// before there was this field.
    public var logWindow: LogWindow?

    /// Parameters of a task; those that are not given are absent.
    public init(
        statementKeys: StatementKeys? = nil, collectorHpkeHash: [UInt8], logKey: String? = nil,
        logPolicyHash: [UInt8]? = nil, maxBatchSize: UInt64, publish: PublishMode? = nil, ownerKey: [UInt8]? = nil,
        admission: AdmissionMode? = nil, numericEncoding: NumericEncoding? = nil, modelHash: [UInt8]? = nil,
        creditPolicy: CreditPolicy? = nil, lambdaHash: [UInt8]? = nil, termsHash: [UInt8]? = nil,
        logWindow: LogWindow? = nil
    ) {
        self.statementKeys = statementKeys
        self.collectorHpkeHash = collectorHpkeHash
        self.logKey = logKey
        self.logPolicyHash = logPolicyHash
        self.maxBatchSize = maxBatchSize
        self.publish = publish
        self.ownerKey = ownerKey
        self.admission = admission
        self.numericEncoding = numericEncoding
        self.modelHash = modelHash
        self.creditPolicy = creditPolicy
        self.lambdaHash = lambdaHash
        self.termsHash = termsHash
        self.logWindow = logWindow
    }
}
