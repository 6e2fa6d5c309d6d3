import Foundation

/// The verdict on one test vector file.
package enum VectorOutcome: Equatable, Sendable {
    /// Every operation did what the file says.
    case ok
    /// What differs first, or what is wrong with the file.
    case fail(String)
    /// The type is not one that the checker knows; the text names those that it knows.
    case unknownType(String)
}

/// Checks files in the JSON schema of the standard's official test vectors (VDAF-20, appendix 'Test Vectors').
///
/// The schema is described at ``VDAFVector``, ``IdpfVector`` and ``XofVector``. A file can come from anywhere: nothing in it makes
/// the checker crash or allocate memory out of proportion.
package struct VectorChecker: Sendable {
    private let typeOverride: String?
    private let proofsOverride: Int?

    /// - Parameters:
    ///   - typeOverride: The type, instead of the one that the file's name says.
    ///   - proofsOverride: The number of proofs of a Prio3 type, which the schema has no field for.
    package init(typeOverride: String? = nil, proofsOverride: Int? = nil) {
        self.typeOverride = typeOverride
        self.proofsOverride = proofsOverride
    }

    /// Checks one file.
    ///
    /// - Parameter fileName: Its name, with or without a path; up to the first `_` or `.` it is the type.
    package func check(fileName: String, json: [UInt8]) -> VectorOutcome {
        let name = fileName.split(separator: "/").last.map(String.init) ?? fileName
        let type = typeOverride ?? String(name.prefix { $0 != "_" && $0 != "." })
        guard let checkVector = VectorTypes.checks[type] else {
            let known = VectorTypes.checks.keys.sorted().joined(separator: ", ")
            return .unknownType("unknown type '\(type)'; known types: \(known)")
        }
        do {
            let root: JSONValue
            do {
                root = try JSONDecoder().decode(JSONValue.self, from: Data(json))
            } catch {
                throw VectorFailure("not a JSON document")
            }
            try checkVector(VectorObject(root, path: ""), proofsOverride)
            return .ok
        } catch let failure as VectorFailure {
            return .fail(failure.description)
        } catch {
            return .fail("\(error)")
        }
    }
}

/// What differs, or what is wrong with the file.
struct VectorFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
