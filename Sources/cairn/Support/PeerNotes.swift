import AggregatorNode
import Datastore

/// What a node found out about itself and its peer, as commands say it.
struct PeerNotes: Encodable {
    struct Finding: Encodable {
        let code: String
        /// `warning`, `unready` or `contradiction`.
        let weight: String
        let reason: String
        let advice: String

        init(_ finding: HandshakeFinding) {
            code = finding.code.rawValue
            weight = finding.weight.rawValue
            reason = finding.reason
            advice = finding.advice
        }
    }

    /// `fits`, `warning`, `unready` or `contradiction`: the worst of the findings.
    let state: String
    let findings: [Finding]

    init(_ findings: [HandshakeFinding]) {
        self.findings = findings.map(Finding.init)
        let weights = Set(findings.map(\.weight))
        let worst = [HandshakeFinding.Weight.contradiction, .unready, .warning].first(where: weights.contains)
        state = worst?.rawValue ?? "fits"
    }

    /// Notes on standard error, one a finding.
    ///
    /// - Throws: where the nodes contradict each other.
    func tell(role: NodeRole) throws {
        for finding in findings where finding.weight != HandshakeFinding.Weight.contradiction.rawValue {
            Console.error("cairn: note about the \(role.peer.rawValue): \(finding.advice)")
        }
        let contradictions = findings.filter { $0.weight == HandshakeFinding.Weight.contradiction.rawValue }
        guard !contradictions.isEmpty else { return }
        throw CommandFailure(
            "the task was added, but this \(role.rawValue) and its \(role.peer.rawValue) do not fit each other: "
                + contradictions.map(\.advice).joined(separator: "; and "),
            advice: "Until that is mended, uploads are refused. Then run this command again.")
    }
}
