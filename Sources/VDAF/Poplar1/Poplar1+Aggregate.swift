/// Which parameters may follow each other, aggregation and unsharding (VDAF-20 sections 8.2.3 to 8.2.5).
extension Poplar1 {
    /// Whether reports that were aggregated with `previous`, oldest first, may be aggregated with a parameter: its level
    /// exists and is below all levels before, and its prefixes continue those of the last parameter. Their order needs
    /// no check here.
    public func isValid(
        aggregationParameter: Poplar1AggregationParameter, previous: [Poplar1AggregationParameter]
    ) -> Bool {
        guard aggregationParameter.level < bits else { return false }
        guard let last = previous.last else { return true }
        return previous.allSatisfy { $0.level < aggregationParameter.level } && aggregationParameter.refines(last)
    }

    public func aggregateInit(_ aggregationParameter: Poplar1AggregationParameter) -> AggregateShare {
        .zeros(aggregationParameter.prefixCount, isLeaf: idpf.isLeaf(aggregationParameter.level))
    }

    /// - Precondition: The output share belongs to the aggregate share's parameter.
    public func aggregateUpdate(_ share: inout AggregateShare, with outputShare: OutputShare) {
        let fits = share.add(outputShare)
        precondition(fits, "an output share belongs to another aggregation parameter")
    }

    /// - Throws: `.invalidArgument` for no shares at all, which could be of any level, or shares of different
    ///   parameters.
    public func merge(_ shares: [AggregateShare]) throws(VDAFError) -> AggregateShare {
        guard var sum = shares.first else {
            throw .invalidArgument("there is no aggregate share to merge")
        }
        for share in shares.dropFirst() {
            guard sum.add(share) else {
                throw .invalidArgument("the aggregate shares belong to different aggregation parameters")
            }
        }
        return sum
    }

    /// The number of measurements that begin with each candidate.
    ///
    /// - Throws: `.invalidArgument` unless there is one share per aggregator, of this parameter; `.aggregateOutOfRange`
    ///   for a leaf's sum of 2^128 or more, which no number of measurements makes.
    public func unshard(
        aggregationParameter: Poplar1AggregationParameter, aggregateShares: [AggregateShare], measurementCount: Int
    ) throws(VDAFError) -> [UInt128] {
        guard aggregateShares.count == shares else {
            throw .invalidArgument("expected \(shares) aggregate shares, got \(aggregateShares.count)")
        }
        var sum = aggregateInit(aggregationParameter)
        for share in aggregateShares {
            guard sum.add(share) else {
                throw .invalidArgument("an aggregate share belongs to another aggregation parameter")
            }
        }
        switch sum {
        case .inner(let elements):
            return Field64.canonicalValues(elements)
        case .leaf(let elements):
            var result: [UInt128] = []
            result.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                guard let value = element.smallValue else {
                    throw .aggregateOutOfRange("the count of prefix \(index) is 2^128 or more")
                }
                result.append(value)
            }
            return result
        }
    }
}
