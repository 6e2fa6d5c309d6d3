import ArgumentParser
import DAP

/// A report id on the command line. It may begin with a dash: options that take one parse unconditionally.
enum ReportArgument {
    @Sendable static func parse(_ text: String) throws -> ReportID {
        guard let id = ReportID(base64URL: text) else {
            throw ValidationError("\(text) is not a report id (22 characters of base64url)")
        }
        return id
    }
}
