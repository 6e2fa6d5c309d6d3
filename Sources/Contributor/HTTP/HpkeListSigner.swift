import DAP
import Ledger

/// Who must have signed a list of HPKE configurations.
package struct HpkeListSigner: Sendable {
    let role: Role
    /// The aggregator's statement key, as the task names it.
    let key: [UInt8]
    let seen: SeenHpkeLists

    package init(role: Role, key: [UInt8], seen: SeenHpkeLists) {
        self.role = role
        self.key = key
        self.seen = seen
    }

    /// Judges an answer by its header, and remembers what passes.
    ///
    /// - Returns: When the signature expires, in POSIX seconds.
    /// - Throws: `HpkeListFault`; ``ContributorError`` where the memory fails.
    func check(_ list: [UInt8], header: String?, now: UInt64 = currentTime()) throws -> UInt64 {
        let signature = try HpkeListSignature(headerValue: header, role: role)
        try seen.judge(key: key) { newest in
            try signature.check(list, role: role, key: key, now: now, newest: newest)
            return signature.issued
        }
        return signature.expires
    }
}

extension HpkeListFault {
    /// Whether an honest cache that kept an answer for too long could be the reason.
    var mayBeACachesFault: Bool {
        switch self {
        case .expired, .older: true
        case .unsigned, .malformed, .ofTheOther, .notSignedByIt, .lifetime, .issuedInTheFuture: false
        }
    }
}
