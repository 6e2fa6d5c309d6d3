import DAP
import TaskTypes
import Tasks
import TestSupport

/// Random messages, field by field.
extension SeededGenerator {
    mutating func extensions() -> [Extension] {
        (0..<Int.random(in: 0...3, using: &self)).map { _ in
            Extension(type: UInt16.random(in: .min ... .max, using: &self), data: bytes(in: 0...5))
        }
    }

    mutating func interval() -> Interval { Interval(start: integer(), duration: integer()) }

    mutating func hpkeConfig(id: UInt8) -> HpkeConfig {
        HpkeConfig(
            id: id, kemID: UInt16.random(in: .min ... .max, using: &self), kdfID: 1, aeadID: 3,
            publicKey: bytes(in: 1...40))
    }

    mutating func ciphertext() -> HpkeCiphertext {
        HpkeCiphertext(
            configID: UInt8.random(in: .min ... .max, using: &self), encapsulatedKey: bytes(in: 1...33),
            payload: bytes(in: 1...50))
    }

    mutating func metadata() -> ReportMetadata {
        ReportMetadata(reportID: .random(using: &self), time: integer(), publicExtensions: extensions())
    }

    mutating func reportError() -> ReportError { ReportError.allCases.randomElement(using: &self)! }

    mutating func report() -> Report {
        Report(
            metadata: metadata(), publicShare: bytes(in: 0...40), leaderEncryptedInputShare: ciphertext(),
            helperEncryptedInputShare: ciphertext())
    }

    mutating func reportShare() -> ReportShare {
        ReportShare(metadata: metadata(), publicShare: bytes(in: 0...40), encryptedInputShare: ciphertext())
    }

    mutating func verifyInit() -> VerifyInit { VerifyInit(reportShare: reportShare(), payload: bytes(in: 1...30)) }

    mutating func verifyResp() -> VerifyResp {
        let outcome: VerifyResp.Outcome =
            switch Int.random(in: 0...2, using: &self) {
            case 0: .continue(payload: bytes(in: 1...30))
            case 1: .finish
            default: .reject(reportError())
            }
        return VerifyResp(reportID: .random(using: &self), outcome: outcome)
    }

    mutating func query() -> Query { Bool.random(using: &self) ? .timeInterval(interval()) : .leaderSelected }

    mutating func batchSelector() -> BatchSelector {
        Bool.random(using: &self) ? .timeInterval(interval()) : .leaderSelected(.random(using: &self))
    }

    mutating func collectionJobReq() -> CollectionJobReq {
        CollectionJobReq(query: query(), aggregationParameter: bytes(in: 0...9), extensions: extensions())
    }

    mutating func cairnParameters() -> CairnTaskParameters {
        func maybe<T>(_ make: (inout SeededGenerator) -> T) -> T? { Bool.random(using: &self) ? make(&self) : nil }
        return CairnTaskParameters(
            statementKeys: maybe { StatementKeys(leader: $0.bytes(32), helper: $0.bytes(32)) },
            collectorHpkeHash: bytes(32), logKey: maybe { "log.example+\($0.next())+key" },
            logPolicyHash: maybe { $0.bytes(32) }, maxBatchSize: integer(),
            publish: maybe { PublishMode.allCases.randomElement(using: &$0)! }, ownerKey: maybe { $0.bytes(32) },
            admission: maybe { _ in .open },
            numericEncoding: maybe {
                NumericEncoding(
                    bits: UInt8.random(in: 1...63, using: &$0), bound: Double.random(in: 1e-9...1e9, using: &$0))
            },
            modelHash: maybe { $0.bytes(32) },
            creditPolicy: maybe {
                CreditPolicy(kind: CreditPolicy.Kind.allCases.randomElement(using: &$0)!, bound: $0.integer())
            },
            lambdaHash: maybe { $0.bytes(32) }, termsHash: maybe { $0.bytes(32) },
            logWindow: maybe { LogWindow(seconds: .random(in: 1...LogWindow.longest, using: &$0))! })
    }

    mutating func taskConfiguration() -> TaskConfiguration {
        let interval = Interval(start: integer() >> 1, duration: 1 + integer() >> 2)
        let vdafs: [VDAFConfiguration] = [
            .count, .sum(maxMeasurement: 255), .sumVec(length: 10, maxMeasurement: 3, chunkLength: 4),
            .committed(.histogram(length: 5, chunkLength: 2)),
        ]
        return try! TaskConfiguration(
            taskInfo: bytes(in: 1...255), leaderURL: "https://leader.example/\(next())/", helperURL: "http://h:81",
            timePrecision: 1 + integer() >> 1, minBatchSize: integer(),
            batchMode: BatchMode.allCases.randomElement(using: &self)!, vdaf: vdafs.randomElement(using: &self)!,
            taskInterval: Bool.random(using: &self) ? interval : nil,
            cairn: Bool.random(using: &self) ? cairnParameters() : nil)
    }
}
