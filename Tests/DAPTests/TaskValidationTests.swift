import Encodings
import TaskTypes
import Tasks
import Testing

@Suite struct TaskValidationTests {
    private func error(
        _ vdaf: VDAFConfiguration, _ change: (inout CairnTaskParameters) -> Void = { _ in }
    ) throws -> TaskValidationError? {
        var parameters = Fixtures.parameters()
        change(&parameters)
        let task = try Fixtures.task(vdaf, cairn: parameters)
        do throws(TaskValidationError) {
            _ = try task.validated()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: Fixtures.all)
    func soundTasksPass(_ vdaf: VDAFConfiguration) throws {
        let task = try Fixtures.task(vdaf).validated()
        #expect(task.vdaf == vdaf)
        #expect((task.sigma != nil) == vdaf.isCommitted)
        if let sigma = task.sigma { #expect(sigma >= 40) }
    }

    /// 2^22 reports of up to 2^42 reach 2^64, one report more than Field64 holds.
    @Test func aBatchThatCouldOverflowTheFieldIsRefusedWithTheArithmetic() throws {
        let vdaf = VDAFConfiguration.sum(maxMeasurement: 1 << 42)
        #expect(try error(vdaf) { $0.maxBatchSize = 1 << 22 - 1 } == nil)
        guard case .capacity(let text)? = try error(vdaf, { $0.maxBatchSize = 1 << 22 }) else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("4194304 × bound 4398046511104 = 18446744073709551616"))
        #expect(text.contains("18446744069414584321"))
        // A product beyond 128 bits must not wrap around into the field.
        let vector = VDAFConfiguration.sumVec(length: 1, maxMeasurement: .max, chunkLength: 1)
        #expect(try error(vector) { $0.maxBatchSize = .max } != nil)
    }

    @Test func aCommittedSumThatDoesNotHideEnoughIsRefusedWithTheArithmetic() throws {
        #expect(try error(.committed(.sum(maxMeasurement: 1 << 24 - 1))) == nil)
        let refused = try error(.committed(.sum(maxMeasurement: 1 << 24)))
        guard case .hiding(let text)? = refused else {
            Issue.record("not refused: \(String(describing: refused))")
            return
        }
        #expect(text.contains("16777216") && text.contains("committed SumVec of length 1"))
        #expect(try error(.committed(.sumVec(length: 1, maxMeasurement: 1 << 24, chunkLength: 5))) == nil)
        #expect(try error(.sum(maxMeasurement: 1 << 24)) == nil)
    }

    /// Field64 leaves room for 2^24 in d·M; the same vector in Field128 hides far more.
    @Test func aCommittedVectorOverField64ThatDoesNotHideEnoughIsRefused() throws {
        func vdaf(_ maximum: UInt64) -> VDAFConfiguration {
            .sumVecField64(length: 256, maxMeasurement: maximum, chunkLength: 64, proofs: 3)
        }
        #expect(try error(.committed(vdaf(1 << 16 - 1))) == nil)
        guard case .hiding(let text)? = try error(.committed(vdaf(1 << 16))) else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("16777216") && text.contains("committed SumVec"))
        #expect(try error(vdaf(1 << 16)) == nil)
        #expect(try error(.committed(.sumVec(length: 256, maxMeasurement: 1 << 16, chunkLength: 64))) == nil)
    }

    @Test func capacityIsThatOfTheFieldAndTheLargestCoordinate() throws {
        let small = VDAFConfiguration.sumVecField64(length: 2, maxMeasurement: 1 << 42, chunkLength: 2, proofs: 3)
        #expect(try error(small) { $0.maxBatchSize = 1 << 22 - 1 } == nil)
        guard case .capacity(let text)? = try error(small, { $0.maxBatchSize = 1 << 22 }) else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("Field64"))
        let bounded = VDAFConfiguration.l1BoundSum(length: 2, maxValue: .max, chunkLength: 2)
        #expect(try error(bounded) { $0.maxBatchSize = 1 << 63 } == nil)
        #expect(try error(bounded) { $0.maxBatchSize = .max } != nil)
        let choices = VDAFConfiguration.multihotCountVec(length: 9, maxWeight: 9, chunkLength: 2)
        #expect(try error(choices) { $0.maxBatchSize = .max } == nil)
    }

    @Test func committedTasksNeedTheirFields() throws {
        let removals: [(String, (inout CairnTaskParameters) -> Void)] = [
            ("statement_keys", { $0.statementKeys = nil }), ("log_key", { $0.logKey = nil }),
            ("log_policy_hash", { $0.logPolicyHash = nil }), ("publish", { $0.publish = nil }),
            ("admission", { $0.admission = nil }), ("credit_policy", { $0.creditPolicy = nil }),
        ]
        for (field, remove) in removals {
            #expect(try error(.committed(.count), remove) == .missingField(field))
            #expect(try error(.count, remove) == nil)
        }
        #expect(throws: TaskValidationError.missingCairnParameters) {
            try Fixtures.task(.committed(.count), cairn: nil).validated()
        }
        let key = [UInt8](repeating: 3, count: 32)
        #expect(
            try error(.committed(.count)) { $0.statementKeys = .init(leader: key, helper: key) } == .sameStatementKeys)
    }

    @Test func creditMustFitItsPolicy() throws {
        let vector = VDAFConfiguration.committed(.sumVec(length: 10, maxMeasurement: 1 << 20, chunkLength: 10))
        #expect(try error(vector) { $0.creditPolicy = .init(kind: .unit, bound: 1) } != nil)
        #expect(try error(vector) { $0.creditPolicy = .init(kind: .priced, bound: 1) } == .missingField("lambda_hash"))
        let hash = [UInt8](repeating: 1, count: 32)
        func priced(_ bound: UInt64) throws -> TaskValidationError? {
            try error(vector) {
                $0.creditPolicy = .init(kind: .priced, bound: bound)
                $0.lambdaHash = hash
            }
        }
        #expect(try priced(1) == nil)
        #expect(try priced(0) != nil)
        // 10 × 2^20 × Λ < 2^63
        #expect(try priced(UInt64(1 << 43) / 10) == nil)
        guard case .capacity(let text)? = try priced(1 << 43) else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("10485760 × Λ 8796093022208"))
        #expect(try priced(.max) != nil)
        #expect(try error(vector) { $0.creditPolicy = .init(kind: .alignment, bound: 1) } == nil)
        #expect(
            try error(vector) {
                $0.creditPolicy = .init(kind: .alignment, bound: 1)
                $0.publish = .collector
            } != nil)
    }

    /// A bound on the sum of the coordinates bounds the credit, however many coordinates there are.
    @Test func creditIsBoundedByTheSumOfTheCoordinates() throws {
        func fits(_ vdaf: VDAFConfiguration, _ bound: UInt64) throws -> Bool {
            try error(.committed(vdaf)) {
                $0.creditPolicy = .init(kind: .priced, bound: bound)
                $0.lambdaHash = [UInt8](repeating: 1, count: 32)
            } == nil
        }
        let largest = UInt64(1) << 63 - 1
        for (vdaf, sum) in [
            (.histogram(length: 100, chunkLength: 10), 1), (.l1BoundSum(length: 100, maxValue: 7, chunkLength: 10), 7),
            (.multihotCountVec(length: 100, maxWeight: 3, chunkLength: 10), 3),
            (.sumVecField64(length: 100, maxMeasurement: 5, chunkLength: 10, proofs: 3), 500),
        ] as [(VDAFConfiguration, UInt64)] {
            #expect(try fits(vdaf, largest / sum))
            #expect(try !fits(vdaf, largest / sum + 1))
        }
    }

    @Test func numericEncodingMustMatchTheType() throws {
        let vector = VDAFConfiguration.committed(.sumVec(length: 3, maxMeasurement: 65535, chunkLength: 3))
        #expect(try error(vector) { $0.numericEncoding = .init(bits: 16, bound: 1) } == nil)
        #expect(try error(vector) { $0.numericEncoding = .init(bits: 15, bound: 1) } != nil)
        let small = VDAFConfiguration.sumVecField64(length: 3, maxMeasurement: 65535, chunkLength: 3, proofs: 3)
        #expect(try error(small) { $0.numericEncoding = .init(bits: 16, bound: 1) } == nil)
        let bounded = VDAFConfiguration.l1BoundSum(length: 3, maxValue: 65535, chunkLength: 3)
        #expect(try error(bounded) { $0.numericEncoding = .init(bits: 16, bound: 1) } != nil)
        #expect(try error(.count) { $0.numericEncoding = .init(bits: 1, bound: 1) } != nil)
    }

    @Test func batchSizesAndURLsMustMakeSense() throws {
        #expect(try error(.count) { $0.maxBatchSize = 1 } != nil)
        #expect(throws: TaskValidationError.self) { try Fixtures.task(.count, minBatchSize: 0).validated() }
        for url in ["ftp://l/", "http:///x", "l", "http://u@l/", "http://l/?q", "http://l/#f", "http://["] {
            #expect(throws: TaskValidationError.invalidURL(url)) {
                try Fixtures.task(.count, leaderURL: url).validated()
            }
        }
        #expect(throws: Never.self) { try Fixtures.task(.count, leaderURL: "https://l.example:1/a/b").validated() }
    }

    @Test func unknownVDAFsAreRefused() throws {
        let task = try TaskConfiguration(
            taskInfo: [1], leaderURL: "http://l", helperURL: "http://h", timePrecision: 1, minBatchSize: 1,
            batchMode: .timeInterval, vdafType: 6, vdafConfiguration: [0, 8], extensions: [])
        #expect(throws: TaskValidationError.vdaf(.unsupportedType(6))) { try task.validated() }
    }

    /// Under such a key everybody can sign: for the owner, or one aggregator for the other.
    @Test func aTaskThatNamesAKeyThatNobodyHoldsIsRefused() throws {
        let vdaf = VDAFConfiguration.committed(.sumVec(length: 2, maxMeasurement: 7, chunkLength: 2))
        let right = try #require(Fixtures.parameters().statementKeys)
        let p = [0xed] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        let zero = [UInt8](repeating: 0, count: 32)
        let one = [1] + zero.dropFirst()
        // Of order 4, 1 and 2; 0 and 1 again by other encodings; the neutral element with a sign.
        let weak = [zero, one, [0xec] + p.dropFirst(), p, [0xee] + p.dropFirst(), one.dropLast() + [0x80]]
        for key in weak {
            let refused = [
                try error(vdaf) { $0.statementKeys = StatementKeys(leader: key, helper: right.helper) },
                try error(vdaf) { $0.statementKeys = StatementKeys(leader: right.leader, helper: key) },
                try error(vdaf) { $0.ownerKey = key }, try error(vdaf.base) { $0.ownerKey = key },
                try error(vdaf) { $0.logKey = "log.example+01234567+\(Base64.encode([1] + key))" },
            ]
            for error in refused {
                guard case .weakKey? = error else {
                    Issue.record("not refused: \(key)")
                    continue
                }
            }
        }
    }

    /// The aggregators name the reports of a batch to each other in one list.
    @Test func aMinimumThatNoBatchReachesIsRefused() throws {
        let most = TaskConfiguration.largestBatch
        for plain in [false, true] {
            let parameters = Fixtures.parameters(maxBatchSize: most + 1)
            for (minimum, isRight) in [(most, true), (most + 1, false)] {
                let task = try TaskConfiguration(
                    taskInfo: [1], leaderURL: "https://leader.example/", helperURL: "https://helper.example/",
                    timePrecision: 60, minBatchSize: minimum, batchMode: .timeInterval, vdaf: .count, taskInterval: nil,
                    cairn: plain ? nil : parameters)
                #expect(((try? task.validated()) != nil) == isRight)
            }
        }
    }
}
