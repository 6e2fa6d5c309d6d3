import Credit
import Testing

/// Expects that a claim is refused, and by this check.
func expectRefusal(by check: ClaimCheck, _ body: () throws -> Void) {
    expectRefusal(by: check, #expect(throws: CreditError.self, performing: body))
}

/// Expects that this is the error of a claim that was refused, by this check.
func expectRefusal(by check: ClaimCheck, _ error: CreditError?) {
    guard case .refused(check, _) = error else {
        Issue.record("refused by another check than \(check): \(String(describing: error))")
        return
    }
}
