/// One entry of a vector's `operations`, with its indices checked.
struct VectorOperation {
    enum Kind {
        case shard(report: Int)
        case verifyInit(report: Int, aggregator: Int)
        case verifierSharesToMessage(report: Int, round: Int)
        case verifyNext(report: Int, aggregator: Int, round: Int)
        case aggregate(aggregator: Int)
        case unshard
    }

    let kind: Kind
    let success: Bool
    /// For messages: position, name, and what it works on.
    let title: String

    init(_ item: VectorValue, reportCount: Int, shares: Int, rounds: Int) throws {
        let object = try VectorObject(item.value, path: item.path)
        let name = try object["operation"].string()
        success = try object["success"].bool()

        func index(_ field: String, in range: Range<Int>) throws -> Int {
            let value = try object[field]
            let number = try value.integer(Int.self)
            guard range ~= number else {
                throw value.failure("\(number) is not in \(range.lowerBound)..<\(range.upperBound)")
            }
            return number
        }
        func report() throws -> Int { try index("report_index", in: 0..<reportCount) }
        func aggregator() throws -> Int { try index("aggregator_id", in: 0..<shares) }
        // Rounds are numbered from 0; a message of round r is consumed by the operation that leads to r + 1.
        func round(_ range: Range<Int>) throws -> Int { try index("round", in: range) }

        var details = ""
        switch name {
        case "shard":
            let report = try report()
            kind = .shard(report: report)
            details = " of report \(report)"
        case "verify_init":
            let (report, aggregator) = (try report(), try aggregator())
            kind = .verifyInit(report: report, aggregator: aggregator)
            details = " of report \(report) by aggregator \(aggregator)"
        case "verifier_shares_to_message":
            let report = try report()
            kind = .verifierSharesToMessage(report: report, round: try round(0..<rounds))
            details = " of report \(report)"
        case "verify_next":
            let (report, aggregator) = (try report(), try aggregator())
            kind = .verifyNext(report: report, aggregator: aggregator, round: try round(1..<rounds + 1))
            details = " of report \(report) by aggregator \(aggregator)"
        case "aggregate":
            let aggregator = try aggregator()
            kind = .aggregate(aggregator: aggregator)
            details = " by aggregator \(aggregator)"
        case "unshard":
            kind = .unshard
        default:
            throw try object["operation"].failure("unknown operation '\(name)'")
        }
        title = "\(item.path) \(name)\(details)"
    }
}
