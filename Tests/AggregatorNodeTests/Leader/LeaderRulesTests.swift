import AggregatorNode
import DAP
import Testing

@Suite struct CollectionRulesTests {
    private func check(
        _ request: CollectionJobReq, mode: BatchMode = .timeInterval
    ) throws -> Result<Interval?, NodeError> {
        let configuration = try Parties().task(committed: false, mode: mode).configuration
        do throws(NodeError) {
            return .success(try CollectionRules.check(request, configuration: configuration))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ request: CollectionJobReq, mode: BatchMode = .timeInterval) throws -> DAPErrorType? {
        guard case .failure(let error) = try check(request, mode: mode) else { return nil }
        return error.type
    }

    private let interval = Query.timeInterval(Interval(start: 5, duration: 2))

    @Test func aGoodQueryNamesItsInterval() throws {
        #expect(try check(CollectionJobReq(query: interval)).get() == Interval(start: 5, duration: 2))
        #expect(try check(CollectionJobReq(query: .leaderSelected), mode: .leaderSelected).get() == nil)
    }

    @Test func eachFaultHasTheDraftsErrorType() throws {
        #expect(try error(CollectionJobReq(query: .leaderSelected)) == .invalidMessage)
        #expect(try error(CollectionJobReq(query: interval), mode: .leaderSelected) == .invalidMessage)
        let cut = Query(batchMode: .timeInterval, config: [1, 2, 3])
        #expect(try error(CollectionJobReq(query: cut)) == .invalidMessage)
        let long = Query(batchMode: .leaderSelected, config: [1])
        #expect(try error(CollectionJobReq(query: long), mode: .leaderSelected) == .invalidMessage)
        #expect(
            try error(CollectionJobReq(query: interval, aggregationParameter: [1])) == .invalidAggregationParameter)
        let empty = Query.timeInterval(Interval(start: 5, duration: 0))
        #expect(try error(CollectionJobReq(query: empty)) == .batchInvalid)
        let endless = Query.timeInterval(Interval(start: .max, duration: 2))
        #expect(try error(CollectionJobReq(query: endless)) == .batchInvalid)
    }

    @Test func extensionsAreRefusedByNumber() throws {
        let two = [Extension(type: 3, data: []), Extension(type: 9, data: [])]
        guard case .failure(let error) = try check(CollectionJobReq(query: interval, extensions: two)) else {
            Issue.record("accepted")
            return
        }
        #expect(error.type == .unsupportedExtension)
        #expect(error.unsupportedExtensions == [3, 9])
        let swapped = CollectionJobReq(query: interval, extensions: two.reversed())
        #expect(try self.error(swapped) == .invalidExtension)
    }
}
