import DAP
import Datastore

/// Looks at all reports of an upload: cheap checks of all of them first, then the dear ones in slices.
package struct UploadInspection: Sendable {
    /// Reports a slice. Each costs a decryption and, in committed tasks, its part in a check of signatures: milliseconds
    /// together.
    package static let slice = 32
    /// A slice ends after the report with which it reaches so many bytes.
    package static let sliceBytes = 4 << 20

    let inspector: UploadInspector
    let places: UploadPlaces

    /// A single report of at most so many bytes is short work (``UploadPlaces``).
    private static let shortBytes = 16 << 10

    private static func isShort(_ reports: [Report]) -> Bool {
        reports.count == 1 && reports[0].leaderEncryptedInputShare.payload.count <= shortBytes
    }

    /// - Returns: In the order of `reports`.
    func inspect(
        _ reports: [Report], now: UInt64, promising: UInt64
    ) async throws -> [Result<NewReport, ReportError>] {
        let firsts = Self.firsts(reports)
        var results = reports.indices.map { index -> Result<NewReport, ReportError>? in
            guard firsts[index] == index else {
                return reports[index] == reports[firsts[index]] ? nil : .failure(.reportReplayed)
            }
            return inspector.checkCheaply(reports[index], now: now).map { .failure($0) }
        }
        let open = results.indices.filter { results[$0] == nil && firsts[$0] == $0 }
        for slice in Self.slices(open.map { reports[$0].leaderEncryptedInputShare.payload.count }) {
            let indices = open[slice]
            let part = indices.map { reports[$0] }
            let opened = try await places.run(isShort: Self.isShort(part)) { [inspector] in
                inspector.inspect(part, now: now, promising: promising)
            }
            for (index, result) in zip(indices, opened) { results[index] = result }
        }
        // What is left is the same report once more.
        return results.indices.map { results[$0] ?? results[firsts[$0]] ?? .failure(.reportDropped) }
    }

    /// For each report, the position of the first one of its id: nobody's id is decrypted twice in a request.
    package static func firsts(_ reports: [Report]) -> [Int] {
        var seen: [ReportID: Int] = [:]
        return reports.indices.map { index in
            let id = reports[index].metadata.reportID
            if let first = seen[id] { return first }
            seen[id] = index
            return index
        }
    }

    /// Divides reports of these sizes into slices of moderate work, in order.
    package static func slices(_ sizes: [Int]) -> [Range<Int>] {
        var slices: [Range<Int>] = []
        var (start, bytes) = (0, 0)
        for (index, size) in sizes.enumerated() {
            bytes += size
            if index + 1 - start == slice || bytes >= sliceBytes || index + 1 == sizes.count {
                slices.append(start..<index + 1)
                (start, bytes) = (index + 1, 0)
            }
        }
        return slices
    }
}
