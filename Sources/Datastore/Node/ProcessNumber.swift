import Foundation

/// By which a process that works on a database is known to the others on it: random, drawn when it starts.
///
/// A node's process holds a lock of the server's under its number for as long as it has its claim, so others see who is
/// there (``EngineConnection/livingProcesses()``). Its number is also in what it leases.
package enum ProcessNumber {
    /// What this process is called, for operators.
    package static let name: String = {
        var name = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&name, name.count - 1) == 0
        let host = isKnown ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "?"
        return "process \(ProcessInfo.processInfo.processIdentifier) on \(host)"
    }()

    static let own = Int64.random(in: 1...Int64(Int32.max))

    /// A token for a lease: the process in its upper half, and below that a number that no two leases share.
    package static func leaseToken() -> Int64 { own << 32 | Int64(UInt32.random(in: .min ... .max)) }

    /// Whose a lease is.
    static func holder(ofToken token: Int64) -> Int64 { token >> 32 }
}
