import AggregatorNode
import Crypto
import DAP
import Encodings
import Foundation
import Ledger
import Tasks
import Testing
import TransparencyLog

@Suite struct PairTests {
    @Test func anUncommittedTimeIntervalTaskIsSummedExactly() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        try await pair.withNodes { _, _ in
            let reports = try (0..<5).map { try client.report([$0, 1, 7]) }
            #expect(try await client.upload(reports).isEmpty)
            #expect(try await client.upload([reports[2]]).isEmpty, "a repeated upload succeeds")
            let today = client.today
            let (count, sums) = try await client.collect(today)
            #expect(count == 5)
            #expect(sums == .vector([10, 5, 35]))

            let late = try client.report([1, 1, 1])
            #expect(
                try await client.upload([late]) == [.init(reportID: late.metadata.reportID, error: .batchCollected)])
            let again = try await client.createCollection(today)
            #expect(again.status == 201 && !again.body.isEmpty, "the same request names the same, finished job")
            let overlapping = try await client.createCollection(
                .timeInterval(Interval(start: client.now - 1, duration: 2)))
            #expect(try problem(overlapping) == .batchOverlap)
        }
    }

    @Test func aCommittedBatchIsAuditedAndEachReportHasItsReceipt() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { _, _ in
            let reports = try (0..<4).map { try client.report([$0, 0, 1]) }
            #expect(try await client.upload(reports).isEmpty)
            let policy = try LogPolicy(parsing: Array(pair.policy.utf8))
            for report in reports {
                let receipt = try await client.awaitReceipt(report.metadata.reportID)
                #expect(receipt.status == 200)
                let checked = Receipt.verify(file: receipt.body, policy: policy)
                #expect(checked.isValid, "\(checked.failure.map { "\($0)" } ?? "")")
                #expect(checked.entry?.metadata.reportID == report.metadata.reportID)
            }
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 4)
            #expect(sums == .vector([6, 0, 4]))

            let audit = try await client.audit()
            #expect(audit.isVerified, "\(audit.batches)")
            guard case .verified(let value)? = audit.batches.first?.verdict else { return }
            #expect(value == sums)
        }
    }

    @Test func badReportsAreNamedInOrderAndHarmNobody() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        try await pair.withNodes { _, _ in
            let good = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            let future = try client.report([1, 2, 3], time: client.now + 60)
            let tampered = try DishonestClient.tampered(client.report([1, 2, 3]))
            let outdated = try DishonestClient.outdated(client.report([1, 2, 3]))
            let forHelper = try DishonestClient.unreadableForHelper(client.report([1, 2, 3]))
            let swapped = try DishonestClient.withCommitments(
                of: client.report([0, 0, 0]), in: client.report([1, 2, 3]))
            let failures = try await client.upload([
                good[0], future, tampered, good[1], outdated, forHelper, swapped, good[2],
            ])
            #expect(failures.map(\.reportID) == [future, tampered, outdated, swapped].map(\.metadata.reportID))
            #expect(
                failures.map(\.error) == [.reportTooEarly, .hpkeDecryptError, .outdatedConfig, .invalidMessage])

            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3)
            #expect(sums == .vector([3, 6, 9]))
            #expect(try await client.receipt(forHelper.metadata.reportID).status == 410)
            #expect(try await client.receipt(future.metadata.reportID).status == 404)
            #expect(try await client.audit().isVerified)
            let status = try await client.status()
            #expect(status["accepted"] as? Int == 3)
            #expect((status["rejected"] as? [String: Int])?["hpke_decrypt_error"] == 1)
        }
    }

    @Test func aBatchThatIsTooSmallSaysSoAndIsCollectedOnceItIsNot() async throws {
        let pair = try NodePair()
        let client = try PairClient(
            pair, try await pair.addTask(committed: true, mode: .leaderSelected, minBatchSize: 3))
        try await pair.withNodes { _, _ in
            try await client.upload([try client.report([1, 1, 1]), try client.report([1, 1, 1])])
            #expect(try problem(await client.finishCollection(.leaderSelected)) == .invalidBatchSize)
            try await client.upload([try client.report([1, 1, 1])])
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3)
            #expect(sums == .vector([3, 3, 3]))
        }
    }

    @Test func oneBatchAfterTheOtherIsCollected() async throws {
        let pair = try NodePair()
        let client = try PairClient(
            pair, try await pair.addTask(committed: true, mode: .leaderSelected, maxBatchSize: 3))
        try await pair.withNodes { _, _ in
            try await client.upload(try (0..<6).map { _ in try client.report([1, 1, 1]) })
            for _ in 0..<2 {
                let (count, sums) = try await client.collect(.leaderSelected)
                #expect(count == 3)
                #expect(sums == .vector([3, 3, 3]))
                let job = try await client.createCollection(.leaderSelected)
                let deleted = try await client.poll(try #require(job.headers["location"]), method: "DELETE")
                #expect(deleted.status == 204)
            }
            #expect(try problem(await client.finishCollection(.leaderSelected)) == .invalidBatchSize)
        }
    }

    /// Both nodes are stopped again and again, wherever they are, and the sum is still exact.
    @Test(arguments: [1, 2, 3]) func restartsLoseNothingAndCountNothingTwice(seed: UInt64) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let reports = try (0..<30).map { try client.report([UInt64($0 % 8), 1, 0]) }
        var leader = try await pair.start(pair.leader)
        var helper = try await pair.start(pair.helper)
        try await client.upload(reports)
        let collection = Task { try await client.collect(.leaderSelected) }
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        for _ in 0..<12 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            try await Task.sleep(for: .milliseconds(Int(state >> 33) % 120))
            if state >> 63 == 0 {
                await leader.stop()
                leader = try await pair.start(pair.leader)
            } else {
                await helper.stop()
                helper = try await pair.start(pair.helper)
            }
        }
        let (count, sums) = try await collection.value
        #expect(count == 30)
        #expect(sums == .vector([UInt128((0..<30).reduce(0) { $0 + $1 % 8 }), 30, 0]))
        #expect(try await client.audit().isVerified)
        await leader.stop()
        await helper.stop()
    }

    @Test func onlyTheOwnerAddsRoundsAndModels() async throws {
        let pair = try NodePair()
        let owner = Curve25519.Signing.PrivateKey()
        let file = try await pair.addTask(committed: true, mode: .leaderSelected, owner: owner)
        let client = try PairClient(pair, file)
        try await pair.withNodes { leader, _ in
            let model = Array("the model".utf8)
            func submit(_ key: Curve25519.Signing.PrivateKey, _ blob: [UInt8]) async throws -> Answer {
                let round = try RoundEntry(
                    taskID: file.taskID, runID: [1], round: 0, modelHash: Blob.hash(model), owner: key)
                var body = ByteWriter()
                body.opaque32(LedgerEntry.round(round).encoded())
                body.opaque32(blob)
                return try await client.http.send(
                    "POST", "/cairn/tasks/\(file.taskID.base64URL)/log-entries", body: body.bytes)
            }
            let accepted = try await submit(owner, model)
            let stranger = try await submit(Curve25519.Signing.PrivateKey(), model)
            let otherBlob = try await submit(owner, Array("another model".utf8))
            #expect(accepted.text == "{\"index\":1}")
            #expect(stranger.status == 403)
            #expect(otherBlob.status == 400)
            #expect(try await leader.context.store.blob(Blob.hash(model)) == model)
        }
    }

    /// Plain Prio3 in DAP loses the whole batch to this: one aggregator finishes what the other rejects.
    @Test(arguments: [true, false]) func aWrongJointRandomnessPartLosesOnlyItsReport(committed: Bool) async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: committed, mode: .leaderSelected))
        try await pair.withNodes { _, _ in
            let bad = try [0, 1].map { try DishonestClient.wrongJointRandomness(client, of: $0) }
            let good = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            #expect(try await client.upload([good[0], bad[0], good[1], bad[1], good[2]]).isEmpty)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3)
            #expect(sums == .vector([3, 6, 9]))
            let rejected = try await client.status()["rejected"] as? [String: Int]
            #expect(rejected == ["vdaf_verify_error": 2])
        }
    }

    /// What a job that was abandoned half-way leaves behind: the leader has a report that the helper lacks.
    @Test func aReportThatTheHelperLacksIsLeftOutOfTheBatch() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: true, mode: .leaderSelected))
        let orphan = try client.report([7, 7, 7])
        try await pair.withNodes { leader, _ in
            try await client.upload(try (0..<3).map { _ in try client.report([1, 2, 3]) })
            let store = leader.context.store
            while try await store.reportCounts(task: client.file.taskID).accepted < 3 {
                try await Task.sleep(for: .milliseconds(20))
            }
            try await client.acceptAlone(orphan, at: leader)
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3)
            #expect(sums == .vector([3, 6, 9]))
            #expect(try await client.receipt(orphan.metadata.reportID).status == 410)
            #expect(try await client.audit().isVerified)
        }
    }

    @Test func requestsThatCannotBeServedGetTheDraftsErrors() async throws {
        let pair = try NodePair()
        let client = try PairClient(pair, try await pair.addTask(committed: false, mode: .timeInterval))
        try await pair.withNodes { _, _ in
            func post(_ path: String, _ body: [UInt8], _ headers: [String: String]) async throws -> Answer {
                try await client.http.send("POST", path, body: body, headers: headers)
            }
            let upload = ["Content-Type": MediaType.uploadReq.headerValue]
            let truncated = try await post(client.path + "/reports", [1, 2, 3], upload)
            #expect(try problem(truncated) == .invalidMessage)
            let unknown = TaskID.random().base64URL
            let elsewhere = try await post("/tasks/\(unknown)/reports", [], upload)
            #expect(try problem(elsewhere) == .unrecognizedTask)
            let other = try Parties().task(committed: false).configuration
            let otherTask = upload.merging([Taskprov.headerName: Taskprov.headerValue(other)]) { $1 }
            let mismatched = try await post(client.path + "/reports", [1], otherTask)
            #expect(try problem(mismatched) == .unrecognizedTask)
            // What is no task configuration announces nothing.
            for value in [":AAAA:", "AAAA", ":\(Data(other.encoding.dropLast()).base64EncodedString()):"] {
                let ignored = upload.merging([Taskprov.headerName: value]) { $1 }
                let answer = try await post(client.path + "/reports", [1], ignored)
                #expect(try problem(answer) == .invalidMessage, "\(value)")
            }
            let untyped = try await post(client.path + "/reports", [], [:])
            #expect(untyped.status == 415)

            let query = CollectionJobReq(query: client.today).encoded()
            var headers = client.collectorHeaders
            headers["Authorization"] = nil
            let anonymous = try await post(client.path + "/collection_jobs", query, headers)
            #expect(anonymous.status == 401)
            headers["Authorization"] = "Bearer guess"
            let stranger = try await post(client.path + "/collection_jobs", query, headers)
            #expect(stranger.status == 403)
            let missing = try await client.poll("\(client.path)/collection_jobs/\(CollectionJobID.random())")
            #expect(missing.status == 404)
        }
    }
}
