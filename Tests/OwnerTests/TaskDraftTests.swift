import Credit
import Crypto
import DAP
import Encodings
import Ledger
import Owner
import SharedModel
import Tasks
import Testing
import TransparencyLog

/// From an author's wishes and two nodes' words to a task file, without any node.
@Suite struct TaskDraftTests {
    private let nodes: NodePairFixture
    private let draft = NodePairFixture.draft()

    init() throws { nodes = try NodePairFixture() }

    /// The words of the refusal; nil where the task is made.
    private func refusal(_ draft: TaskDraft, _ nodes: NodePairFixture? = nil) throws -> String? {
        let pair = try (nodes ?? self.nodes).pair()
        do throws(TaskDraftError) {
            _ = try draft.complete(pair)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func expectRefusal(
        _ draft: TaskDraft, _ nodes: NodePairFixture? = nil, _ words: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try refusal(draft, nodes)
        #expect(found?.contains(words) == true, "\(found ?? "it was made")", sourceLocation: location)
    }

    @Test func aTaskNamesTheKeysOfBothNodesAndIsSignedByItsOwner() throws {
        var draft = draft
        let owner = Curve25519.Signing.PrivateKey()
        draft.owner = owner
        let file = try draft.complete(try nodes.pair())
        let parameters = try #require(file.configuration.cairn)
        #expect(parameters.statementKeys?.leader == Array(nodes.leader.statementKey.publicKey.rawRepresentation))
        #expect(parameters.statementKeys?.helper == Array(nodes.helper.statementKey.publicKey.rawRepresentation))
        #expect(parameters.logKey == nodes.leader.logSigner?.verifier.vkey)
        #expect(parameters.ownerKey == Array(owner.publicKey.rawRepresentation) && !file.lacksOwnerSignature)
        #expect(file.logURL == "https://leader.example/log")
        let policy = try file.parsedPolicy()
        #expect(policy.witnesses.map(\.verifier.vkey) == [nodes.helper.witness?.verifier.vkey])
        #expect(policy.quorum != nil)
        // Two tasks with equal parameters are two.
        let again = try NodePairFixture.draft().complete(try nodes.pair())
        #expect(again.taskID != (try NodePairFixture.draft().complete(try nodes.pair())).taskID)
    }

    @Test func aPlainTaskAsksNobodyAndHasNoLog() throws {
        var draft = NodePairFixture.draft(.sum(maxMeasurement: 5))
        let file = try draft.completePlain()
        #expect(file.configuration.cairn == nil && file.logPolicy == nil && file.logURL == nil)
        draft.helperURL = "HTTPS://LEADER.example"
        #expect { try draft.completePlain() } throws: {
            guard case TaskDraftError.oneNode(let url) = $0 else { return false }
            return url.string == "https://leader.example"
        }
        draft.helperURL = "http://elsewhere.example/"
        #expect { try draft.completePlain() } throws: {
            guard case TaskDraftError.endpoint(.helper, _) = $0 else { return false }
            return true
        }
    }

    @Test func twoNodesThatAreOneAreRefused() throws {
        var other = nodes
        other.helper.statementKey = nodes.leader.statementKey
        try expectRefusal(draft, other, "the same key")
        other = nodes
        // Under another number it is the same key.
        other.helper.hpkeConfig = nodes.leader.hpkeConfig
        other.helper.hpkeConfig[0] += 1
        try expectRefusal(draft, other, "the same key")
    }

    @Test func aNodeOfTheOtherRoleIsRefused() throws {
        var other = nodes
        other.leader.role = "helper"
        try expectRefusal(draft, other, "https://leader.example/ is a helper, not a leader")
        other = nodes
        other.helper.witness = nil
        try expectRefusal(draft, other, "the helper no witness key")
    }

    @Test func aPolicyThatTheLogCouldNeverSatisfyIsRefusedWithTheLineThatIsMissing() throws {
        let log = "log \(try #require(nodes.leader.logSigner).verifier.vkey)\n"
        let helper = "witness helper \(try #require(nodes.helper.witness).verifier.vkey)\n"
        let stranger = "witness other \(try Cosigner(name: "other.example").verifier.vkey)"
        let cases: [(String, String)] = [
            ("quorum", "is none"), (helper + "quorum helper\n", "Add the line: \(log.dropLast())"),
            (log + stranger + " https://other.example/\nquorum other\n", "Add the line: \(helper.dropLast())"),
            (log + helper + stranger + "\nquorum helper\n", "no URL for the witness other"),
            (log + helper + stranger + " http://other.example/\nquorum helper\n", "whose URL will not do"),
        ]
        for (policy, words) in cases {
            var draft = draft
            draft.logPolicy = policy
            try expectRefusal(draft, nil, words)
        }
        var fine = draft
        fine.logPolicy = log + helper + stranger + " https://other.example/\ngroup all all helper other\nquorum all\n"
        #expect(try refusal(fine) == nil)
    }

    @Test func aTaskThatPromisesNothingIsMadeOnlyForWhoInsists() throws {
        var draft = draft
        draft.minBatchSize = 1
        try expectRefusal(draft, nil, "promise too little")
        draft.acceptsWeakPromises = true
        #expect(try refusal(draft) == nil)
    }

    @Test func reportsMayBeMadeInWholeUnitsAroundWhatWasAskedFor() throws {
        var draft = draft
        try draft.setSeconds(from: 90, lasting: 60)
        let file = try draft.complete(try nodes.pair())
        #expect(file.configuration.taskInterval == Interval(start: 1, duration: 2))
        #expect { try draft.setSeconds(from: .max - 5, lasting: 6) } throws: {
            guard case TaskDraftError.endOfTime = $0 else { return false }
            return true
        }
    }

    /// Who serves under another URL than it was asked at would refuse the task, and that is said, not forbidden.
    @Test func aNodeThatIsFoundElsewhereIsNamed() throws {
        var other = nodes
        other.leader.publicURL = "https://LEADER.example"
        other.helper.publicURL = "https://moved.example/"
        let misnamed = try other.pair().misnamed(leader: draft.leaderURL, helper: draft.helperURL)
        #expect(misnamed.map(\.role) == [.helper])
        #expect(misnamed.map(\.own.string) == ["https://moved.example"])
        #expect(misnamed.map(\.asked) == ["https://helper.example/"])
    }

    // MARK: Credit

    @Test func alignmentIsBoundedByWhatABatchCanAddUpTo() throws {
        var draft = draft
        #expect(try draft.setCredit(.alignment(bound: nil)) == nil)
        #expect(draft.credit == CreditPolicy(kind: .alignment, bound: 900))
        try draft.setCredit(.alignment(bound: 7))
        #expect(draft.credit.bound == 7)
        draft.maxBatchSize = .max
        #expect { try draft.setCredit(.alignment(bound: nil)) } throws: {
            guard case TaskDraftError.lambdaBound = $0 else { return false }
            return true
        }
    }

    @Test func verifiersGetTheLambdaThatTheTaskNames() throws {
        let lambda = LambdaFile(lambda: [3, -4, 0], salt: [UInt8](repeating: 9, count: 32))
        for terms in [
            CreditTerms.priced(lambda, bound: nil), .validation(lambda, bound: nil),
            .validation(LambdaFile(lambda: lambda.lambda), bound: 11),
        ] {
            var draft = draft
            let kept = try #require(try draft.setCredit(terms))
            let task = try draft.complete(try nodes.pair()).configuration.validated()
            #expect(kept.weights(for: task) != nil && kept.lambda == lambda.lambda)
            #expect(
                task.cairn?.creditPolicy?.bound
                    == (terms == .validation(LambdaFile(lambda: lambda.lambda), bound: 11) ? 11 : 4))
            // What opens the commitment is a secret, or there is nothing to open.
            #expect((kept.salt != nil) == (task.cairn?.creditPolicy?.kind == .validation))
        }
    }

    @Test func aLambdaOfAnotherLengthIsRefused() throws {
        var draft = draft
        #expect { try draft.setCredit(.priced(LambdaFile(lambda: [1, 2]), bound: nil)) } throws: {
            guard case TaskDraftError.lambdaLength(found: 2, expected: 3) = $0 else { return false }
            return true
        }
        #expect(draft.lambdaHash == nil)
    }

    // MARK: Rounds

    @Test func aRoundIsBoundToItsModelAndSettings() throws {
        let start = try RunDraft(
            features: 2, featureNames: ["a", "b"], classes: ["x", "y"], scaling: try FeatureScaling(lower: 0, upper: 1)
        ).complete()
        let round = TrainingRound(runID: TrainingRound.randomRunID(), number: 2)
        var draft = draft
        try draft.setRound(round, model: start.model, settings: start.settings)
        let file = try draft.complete(try nodes.pair())
        #expect(file.configuration.trainingRound == round)
        #expect(file.configuration.cairn?.modelHash == Blob.hash(start.model.encoded()))
        #expect(start.settings.isNamed(by: file.configuration.cairn?.termsHash))
        #expect(try file.configuration.vdaf.outputLength == start.model.parameters.count)
        #expect(try file.configuration.vdaf.isCommitted)

        let stranger = Model(initial: start.model.shape, seed: 1)
        #expect { try draft.setRound(round, model: stranger, settings: start.settings) } throws: {
            guard case TaskDraftError.settings(.otherFeatures) = $0 else { return false }
            return true
        }
    }
}
