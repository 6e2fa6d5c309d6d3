import Foundation

/// `~` as shells mean it, where none has replaced it: in `--out=~/x`, in a configuration file, in the environment.
package enum HomeFolder {
    /// `$HOME`, and nothing else, as for shells; nil where it is unset or empty.
    package static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A path with `~` or `~/…` put into the home folder, and `~name/…` into that of an account.
    ///
    /// - Returns: the path as it is where it begins otherwise, or where there is no such folder to put it into, which is what
    ///   shells do. A file whose name begins with a tilde is `./~name`.
    package static func expand(
        _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        guard path.hasPrefix("~") else { return path }
        let name = path.dropFirst().prefix { $0 != "/" }
        guard let folder = name.isEmpty ? Self.path(environment) : account(String(name)) else { return path }
        let rest = path.dropFirst(1 + name.count)
        return folder == "/" && !rest.isEmpty ? String(rest) : folder + rest
    }

    /// An argument in which a shell leaves a tilde alone: `--option=~/x`, and `~/x` between quotation marks.
    package static func expand(
        argument: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        guard argument.hasPrefix("--"), let equals = argument.firstIndex(of: "=") else {
            return expand(argument, environment: environment)
        }
        let value = argument.index(after: equals)
        return argument[..<value] + expand(String(argument[value...]), environment: environment)
    }

    private static func account(_ name: String) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil, let folder = entry.pw_dir
        else {
            return nil
        }
        return String(cString: folder)
    }
}
