import TestSupport

/// Paths by their segments: `*` stands for any one of them, and `**` at the end for all that follow.
package struct PathPattern: Sendable, Equatable, ExpressibleByStringInterpolation {
    private let segments: [Substring]

    package init(stringLiteral text: String) {
        segments = text.split(separator: "/")
    }

    package func matches(_ path: String) -> Bool {
        let path = path.split(separator: "/")
        if segments.last == "**" {
            return path.count >= segments.count - 1
                && zip(segments.dropLast(), path).allSatisfy { $0 == "*" || $0 == $1 }
        }
        return path.count == segments.count && zip(segments, path).allSatisfy { $0 == "*" || $0 == $1 }
    }
}

/// Which requests meet which fault.
package struct FaultRule: Sendable {
    /// Which of the requests that the rule is about, counted from 1.
    package enum Occurrence: Sendable {
        case always
        case first(Int)
        case only(Int)
        /// Every n-th.
        case every(Int)
        case randomly(Double)
    }

    let method: String
    let path: PathPattern
    let occurrence: Occurrence
    let faults: [Fault]

    /// - Parameters:
    ///   - method: `*` for any.
    ///   - faults: one of them, by chance where there are several.
    package init(
        _ method: String, _ path: PathPattern, _ occurrence: Occurrence = .always, _ faults: [Fault]
    ) {
        self.method = method
        self.path = path
        self.occurrence = occurrence
        self.faults = faults
    }

    package init(_ method: String, _ path: PathPattern, _ occurrence: Occurrence = .always, _ fault: Fault) {
        self.init(method, path, occurrence, [fault])
    }

    func isAbout(_ request: ProxyRequest) -> Bool {
        (method == "*" || method == request.method) && path.matches(request.path)
    }

    func fires(at number: Int, using generator: inout SeededGenerator) -> Bool {
        switch occurrence {
        case .always: true
        case .first(let count): number <= count
        case .only(let one): number == one
        case .every(let n): number.isMultiple(of: n)
        case .randomly(let probability): Double.random(in: 0..<1, using: &generator) < probability
        }
    }
}

/// Rules and how often each was asked. Every rule counts the requests that it is about; the first that fires decides.
package struct FaultPlan: Sendable {
    private let rules: [FaultRule]
    private var counts: [Int]
    private var generator: SeededGenerator

    package init(_ rules: [FaultRule], generator: SeededGenerator) {
        self.rules = rules
        counts = rules.map { _ in 0 }
        self.generator = generator
    }

    package mutating func fault(for request: ProxyRequest) -> Fault {
        var decided: Fault?
        for (index, rule) in rules.enumerated() where rule.isAbout(request) {
            counts[index] += 1
            guard rule.fires(at: counts[index], using: &generator), decided == nil else { continue }
            decided = rule.faults.randomElement(using: &generator)
        }
        return decided ?? .pass
    }
}
