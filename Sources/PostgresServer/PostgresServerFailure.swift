/// Why a server cannot be made, started or asked.
package struct PostgresServerFailure: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
