import DAP
import Datastore
import Foundation

extension PeerStanding.TaskState {
    /// Names are for scripts and never change.
    package var name: String {
        switch self {
        case .unknown: "unknown"
        case .fits: "fits"
        case .plain: "plain"
        case .blocked: "blocked"
        }
    }

    package var findings: [HandshakeFinding] { if case .blocked(let findings) = self { findings } else { [] } }

    /// Nil for a row of another version.
    package init?(stored row: StoredStanding) {
        switch row.state {
        case "fits": self = .fits
        case "plain": self = .plain
        case "blocked": self = .blocked(HandshakeFinding.list(row.findings))
        default: return nil
        }
    }

    func row(task: TaskID, _ keyHash: [UInt8], since: UInt64) -> StoredStanding {
        StoredStanding(
            task: task, state: name, keyHash: keyHash, findings: HandshakeFinding.json(findings), since: since)
    }
}

extension HandshakeFinding {
    static func json(_ findings: [HandshakeFinding]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(findings)).map { [UInt8]($0) } ?? []
    }

    /// What is not readable is nothing.
    package static func list(_ json: [UInt8]) -> [HandshakeFinding] {
        (try? JSONDecoder().decode([HandshakeFinding].self, from: Data(json))) ?? []
    }
}
