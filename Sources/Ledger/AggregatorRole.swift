import DAP
import Tasks

/// In entries and statements a role is always one of the two aggregators.
extension Role {
    init(aggregatorFrom reader: inout ByteReader) throws(CodecError) {
        switch try reader.uint8("role") {
        case Role.leader.rawValue: self = .leader
        case Role.helper.rawValue: self = .helper
        case let other: throw .unsupported(field: "role", value: UInt64(other))
        }
    }
}

extension StatementKeys {
    /// The key under which `role` signs; `nil` for a role that is no aggregator.
    package subscript(role: Role) -> [UInt8]? {
        switch role {
        case .leader: leader
        case .helper: helper
        case .client, .collector: nil
        }
    }
}
