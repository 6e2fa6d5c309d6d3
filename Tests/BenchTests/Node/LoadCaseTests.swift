import Bench
import TaskTypes
import Testing

@Suite struct LoadCaseTests {
    static let wrongCases: [(reports: Int?, perRequest: Int, connections: Int, word: String)] = [
        (0, 1, 1, "--reports 0"), (1, 1, 1, "--reports 1"), (1_000_001, 1, 1, "--reports 1000001"),
        (-5, 1, 1, "--reports -5"), (nil, 0, 1, "--per-request 0"), (nil, 1_001, 1, "--per-request 1001"),
        (nil, 1, 0, "--connections 0"), (nil, 1, 9, "--connections 9"),
    ]

    @Test(arguments: wrongCases.indices) func impossibleNumbersAreRefusedByName(_ index: Int) throws {
        let wrong = Self.wrongCases[index]
        let error = #expect(throws: BenchError.self) {
            try LoadCase(
                .histogram, isCommitted: false, reports: wrong.reports, reportsPerRequest: wrong.perRequest,
                connections: wrong.connections)
        }
        guard case .invalidOption(let text) = error else { return }
        #expect(text.contains(wrong.word), "\(text)")
    }

    @Test func aMillionReportsAndAThousandARequestArePossible() throws {
        for kind in LoadKind.allCases {
            let most = try LoadCase(kind, isCommitted: true, reports: 1_000_000, reportsPerRequest: 1_000)
            #expect(most.reports == 1_000_000)
            #expect(try LoadCase(kind, isCommitted: false).reports == kind.defaultReports)
        }
    }

    @Test func requestsStayWithinAMegabyteAndHaveAtLeastOneReport() throws {
        let benchCase = try LoadCase(.sumvec, isCommitted: false, reportsPerRequest: 100)
        #expect(benchCase.requestSize(reportBytes: 2_600) == 100)
        #expect(benchCase.requestSize(reportBytes: 264_000) == 3)
        #expect(benchCase.requestSize(reportBytes: 1 << 20) == 1)
        #expect(benchCase.requestSize(reportBytes: 5 << 20) == 1)
    }

    @Test(arguments: LoadKind.allCases) func everyTypeIsOneThatTasksTake(_ kind: LoadKind) throws {
        let plain = try LoadCase(kind, isCommitted: false).vdaf
        let committed = try LoadCase(kind, isCommitted: true).vdaf
        #expect(!plain.isCommitted && committed.isCommitted && committed.base == plain)
        for configuration in [plain, committed] { _ = try makeTaskVDAF(configuration) }
    }
}
