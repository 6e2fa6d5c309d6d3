import Datastore
import Foundation

/// What the two engines say about a plan, as steps.
enum PlanReader {
    // MARK: SQLite

    /// - Parameter rows: of EXPLAIN QUERY PLAN.
    static func steps(sqlite rows: [(parent: Int, detail: String)], _ sql: String) -> [PlanStep] {
        let names = tables(sql)
        var steps: [PlanStep] = []
        var parents: Set<Int> = []
        for (parent, detail) in rows {
            let words = detail.split(separator: " ").map(String.init)
            guard let verb = words.first, words.count > 1 else { continue }
            // The first table of each level is the one whose rows are taken until there are enough.
            if ["SCAN", "SEARCH"].contains(verb), detail.contains(" CONSTANT ROW") { continue }
            guard verb != "USE" else {
                let sorted = steps.last { PlanRules.growing.contains($0.table) && !PlanRules.isNarrow($0.access) }
                steps.append(PlanStep(table: sorted?.table ?? "", index: nil, access: .sort, isPage: false))
                continue
            }
            guard ["SCAN", "SEARCH"].contains(verb) else { continue }
            let isFirst = parents.insert(parent).inserted
            let isLimited = sql.contains("LIMIT") && isFirst && !rows.contains { $0.detail.hasPrefix("USE TEMP") }
            let index = words.firstIndex(of: "INDEX").map { words[$0 + 1] }
            var equal: Set<String> = []
            var isLookup = false
            if let open = detail.firstIndex(of: "("), verb == "SEARCH" {
                isLookup = true
                let terms = detail[open...].prefix { $0 != ")" }.dropFirst().components(separatedBy: " AND ")
                for term in terms where term.hasSuffix("=?") { equal.insert(String(term.dropLast(2))) }
                // From one end to another is as good as by a value.
                for term in terms where term.hasSuffix(">?") && terms.contains("\(term.dropLast(2))<?") {
                    equal.insert(String(term.dropLast(2)))
                }
            }
            // A search without a condition is for the first or the last row of an index.
            let isEnd = verb == "SEARCH" && !isLookup
            for table in names[words[1], default: [words[1]]] {
                steps.append(
                    PlanStep(
                        table: table, index: detail.contains("AUTOMATIC") ? "automatic" : index,
                        access: verb == "SCAN" || detail.contains("AUTOMATIC") ? .all : .index(equal: equal),
                        isPage: isEnd || isLimited))
            }
        }
        return steps
    }

    /// The tables that each name of a statement stands for.
    private static func tables(_ sql: String) -> [String: Set<String>] {
        let words = StoreSources.onOneLine(sql).replacing("(", with: "( ").replacing(")", with: " )")
            .replacing(",", with: " ,").split(separator: " ").map(String.init)
        var found: [String: Set<String>] = [:]
        for (place, word) in words.enumerated() where ["FROM", "JOIN", "UPDATE", "INTO"].contains(word) {
            guard place + 1 < words.count else { continue }
            let table = words[place + 1]
            found[table, default: []].insert(table)
            if place + 3 < words.count, words[place + 2] == "AS" { found[words[place + 3], default: []].insert(table) }
        }
        return found
    }

    // MARK: PostgreSQL

    /// - Parameter json: of EXPLAIN (FORMAT JSON).
    static func steps(postgreSQL json: String) throws -> [PlanStep] {
        let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        var steps: [PlanStep] = []
        if let plan = parsed?.first?["Plan"] as? [String: Any] { read(plan, isPage: false, &steps) }
        return steps
    }

    private static func read(_ node: [String: Any], isPage: Bool, _ steps: inout [PlanStep]) {
        let kind = node["Node Type"] as? String ?? ""
        let parts = node["Plans"] as? [[String: Any]] ?? []
        let table = node["Relation Name"] as? String
        let index = node["Index Name"] as? String
        let condition = node["Index Cond"] as? String ?? ""
        switch kind {
        case "Seq Scan": steps.append(PlanStep(table: table ?? "", index: nil, access: .all, isPage: isPage))
        case "Index Scan", "Index Only Scan":
            steps.append(
                PlanStep(
                    table: table ?? "", index: index,
                    access: condition.isEmpty ? .all : .index(equal: equalities(condition)), isPage: isPage))
        case "Bitmap Heap Scan":
            // Each of its parts is a look into an index of the same table.
            for part in leaves(parts) {
                let condition = part["Index Cond"] as? String ?? ""
                steps.append(
                    PlanStep(
                        table: table ?? "", index: part["Index Name"] as? String,
                        access: condition.isEmpty ? .all : .index(equal: equalities(condition)), isPage: false))
            }
            return
        case "Sort", "Incremental Sort":
            var below: [PlanStep] = []
            for part in parts { read(part, isPage: false, &below) }
            for step in below where !PlanRules.isNarrow(step.access) {
                steps.append(PlanStep(table: step.table, index: nil, access: .sort, isPage: false))
            }
        default: break
        }
        for (place, part) in parts.enumerated() {
            let isSub = ["InitPlan", "SubPlan"].contains(part["Parent Relationship"] as? String ?? "")
            let isFirst = place == 0 && !isSub
            // Sorting and grouping read everything before they give anything.
            let isStreaming = !["Sort", "Aggregate", "Hash", "HashAggregate", "Materialize"].contains(kind)
            read(part, isPage: kind == "Limit" || isPage && isFirst && isStreaming, &steps)
        }
    }

    /// How many rows a run found in tables and indexes, also those that it then left out.
    ///
    /// - Parameter json: of EXPLAIN (ANALYZE, FORMAT JSON).
    static func rowsRead(postgreSQL json: String) throws -> Int {
        let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        guard let plan = parsed?.first?["Plan"] as? [String: Any] else {
            throw DatastoreError.corrupt("this is no plan: \(json)")
        }
        return Int(rowsRead(plan).rounded(.up))
    }

    private static func rowsRead(_ node: [String: Any]) -> Double {
        func number(_ name: String) -> Double { (node[name] as? NSNumber)?.doubleValue ?? 0 }
        let below = (node["Plans"] as? [[String: Any]] ?? []).map(rowsRead).reduce(0, +)
        guard node["Relation Name"] != nil || node["Index Name"] != nil else { return below }
        // What is said is for each of the times that it ran.
        let found =
            number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck")
        return below + found * number("Actual Loops")
    }

    private static func leaves(_ nodes: [[String: Any]]) -> [[String: Any]] {
        nodes.flatMap { node in
            if let parts = node["Plans"] as? [[String: Any]], !parts.isEmpty { return leaves(parts) }
            return [node]
        }
    }

    /// The columns of an index condition that are to have one value, one of several, or one between two ends.
    private static func equalities(_ condition: String) -> Set<String> {
        let parts = condition.replacing("(", with: " ").replacing(")", with: " ").split(separator: " ").map(String.init)
        func columns(before comparisons: String...) -> Set<String> {
            Set(parts.indices.dropFirst().filter { comparisons.contains(parts[$0]) }.map { parts[$0 - 1] })
        }
        return columns(before: "=").union(columns(before: ">", ">=").intersection(columns(before: "<", "<=")))
    }
}
