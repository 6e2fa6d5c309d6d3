import AggregatorNode
import AsyncHTTPClient
import Crypto
import DAP
import Foundation
import Ledger
import NIOCore
import Synchronization
import Tasks
import Testing

/// Requests that name every report of a batch: what happens while they come, and what they take.
@Suite struct StreamedListTests {
    /// A committed batch of which every report is logged and cosigned.
    private struct Batch {
        let id = BatchID.random()
        var reports: [LeaderReport]
        var checkpointSize: UInt64

        var selector: BatchSelector { .leaderSelected(id) }
        var ids: [ReportID] { reports.map(\.id) }
        var proposal: CloseProposal {
            CloseProposal(selector: selector, checkpointSize: checkpointSize, reportIDs: ids)
        }
    }

    private func makeBatch(_ count: Int, _ fixture: HelperFixture, _ client: TestClient) async throws -> Batch {
        var batch = Batch(reports: try (0..<count).map { _ in try fixture.report() }, checkpointSize: 0)
        for start in stride(from: 0, to: count, by: 500) {
            let members = Array(batch.reports[start..<min(start + 500, count)])
            let answer = try await fixture.post(
                client, "/aggregation_jobs", fixture.job(members, batch: batch.id), .aggregationJobInitReq)
            _ = try fixture.finish(members, answer.body)
        }
        await fixture.log.append(batch.reports.map { fixture.entry($0, batch: batch.id) })
        batch.checkpointSize = try await fixture.log.flush(client)
        return batch
    }

    /// Sends a request in two pieces, and does something in between.
    private func post(
        _ path: String, _ body: [UInt8], cutAt cut: Int, _ headers: [String: String], port: Int,
        between: @escaping @Sendable () async throws -> Void
    ) async throws -> Answer {
        let sent = Mutex(0)
        let pieces = AsyncThrowingStream<ByteBuffer, any Error>(unfolding: {
            let number = sent.withLock { number in
                number += 1
                return number
            }
            switch number {
            case 1: return ByteBuffer(bytes: body[..<cut])
            case 2:
                try await between()
                return ByteBuffer(bytes: body[cut...])
            default: return nil
            }
        })
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .stream(pieces, length: .known(Int64(body.count)))
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
        let bytes = try await response.body.collect(upTo: 8 << 20)
        return Answer(status: Int(response.status.code), body: Array(bytes.readableBytesView), headers: [:])
    }

    private func withdraw(
        _ id: ReportID, _ fixture: HelperFixture, _ client: TestClient, seed: UInt8 = 3
    ) async throws -> Answer {
        let key = try ClaimKey.derive(
            seed: [UInt8](repeating: seed, count: 32), taskID: fixture.task.id, reportID: id)
        let entry = try WithdrawalEntry(taskID: fixture.task.id, reportID: id, key: key)
        return try await client.send(
            "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/withdrawals",
            body: LedgerEntry.withdrawal(entry).encoded())
    }

    /// When two reports of a batch leave.
    private enum Moment: Sendable {
        /// Behind the proposal's checkpoint.
        case before
        /// One that has been looked at, and one that has not, or has.
        case during
    }

    /// The attack: with a report to withdraw for each proposal, a contributor keeps a batch open for as long as there are such
    /// reports. The helper names what has left, and then nothing leaves until the next proposal is answered.
    @Test(arguments: [Moment.before, .during])
    private func withdrawalsDuringACloseSpoilItOnce(moment: Moment) async throws {
        let fixture = try await HelperFixture(committed: true, maxBatchSize: 5_000)
        let path = "/cairn/tasks/\(fixture.task.id.base64URL)/closes"
        let headers = fixture.headers("application/octet-stream")
        try await withServer(fixture.routes) { client in
            var batch = try await makeBatch(1_100, fixture, client)
            let ids = batch.ids
            let body = batch.proposal.encoded()
            let leave: @Sendable () async throws -> Void = {
                for id in [ids[1_099], ids[3]] {
                    let gone = try await withdraw(id, fixture, client)
                    #expect(gone.status == 200, "\(gone.text)")
                }
            }
            if moment == .before { try await leave() }
            // A block has been examined, the rest has not come.
            let answer = try await post(path, body, cutAt: body.count - 16, headers, port: client.port) {
                guard moment == .during else { return }
                try await Task.sleep(for: .seconds(1))
                try await leave()
            }
            #expect(answer.status == 200, "\(answer.text)")
            let drops = try CloseAnswer(decoding: answer.body)
            // The last was looked at when it had left; then the one before is found at the end, or with it.
            #expect(drops == .drop([ids[3], ids[1_099]]) || moment == .during && drops == .drop([ids[1_099]]))

            // The next report that would leave has to wait, but whoever has no right to it hears so, and the leader's next
            // proposal is signed.
            for id in [ids[3], ids[1_099]] {
                let word = try await client.send(
                    "GET", "/cairn/tasks/\(fixture.task.id.base64URL)/refusals/\(id.base64URL)")
                await fixture.log.append([word.body])
            }
            batch.reports.removeAll { [ids[3], ids[1_099]].contains($0.id) }
            batch.checkpointSize = try await fixture.log.flush(client)
            let rest = batch.proposal.encoded()
            let signed = try await post(path, rest, cutAt: rest.count - 16, headers, port: client.port) {
                try await Task.sleep(for: .milliseconds(200))
                let held = try await withdraw(ids[5], fixture, client)
                #expect(held.status == 503, "\(held.text)")
                #expect(held.headers["retry-after"].flatMap { Int($0) }.map { (1...130).contains($0) } == true)
                let stranger = try await withdraw(ids[5], fixture, client, seed: 4)
                #expect(stranger.status == 403, "\(stranger.text)")
            }
            guard case .signed = try CloseAnswer(decoding: signed.body) else {
                Issue.record("not signed: \(signed.text)")
                return
            }
            let late = try await withdraw(ids[5], fixture, client)
            #expect(late.status == 409, "\(late.text)")
        }
    }

    /// Somebody sends a long list slowly: others have the memory.
    @Test func aListTakesAWindowOfMemory() async throws {
        let fixture = try await HelperFixture(committed: false, maxBatchSize: 1_000_000)
        let ids = (0..<100_000).map { _ in ReportID.random() }
        let body = BatchComparison(selector: .leaderSelected(.random()), reportIDs: ids).encoded()
        var limits = ServingLimits()
        // What is named as missing is kept, of one list after the other.
        limits.bodyBytesInFlight = 9 << 20
        // The slow one waits for the answer to the other, which is the machine's time and not its own.
        limits.transfer = .minutes(5)
        let path = "/cairn/tasks/\(fixture.task.id.base64URL)/batches"
        let headers = fixture.headers(BatchComparison.mediaType)
        try await withServer(fixture.routes, limits: limits) { client in
            let slow = try await post(path, body, cutAt: 50_000, headers, port: client.port) {
                try await Task.sleep(for: .milliseconds(300))
                let other = try await client.send("POST", path, body: body, headers: headers)
                #expect(other.status == 200, "\(other.text)")
            }
            #expect(slow.status == 200, "\(slow.text)")
        }
    }

    /// Ids that are kept for the answer count: many lists of what nobody has, at a time, fill no memory either.
    @Test(arguments: [true, false]) func idsThatAreKeptAreCounted(committed: Bool) async throws {
        let fixture = try await HelperFixture(committed: committed, maxBatchSize: 1_000_000)
        let path = "/cairn/tasks/\(fixture.task.id.base64URL)/\(committed ? "closes" : "batches")"
        let headers = fixture.headers(committed ? "application/octet-stream" : BatchComparison.mediaType)
        var limits = ServingLimits()
        limits.bodyBytesInFlight = 1 << 20
        try await withServer(fixture.routes, limits: limits) { client in
            let size = committed ? try await fixture.log.flush(client) : 0
            for (count, status) in [(100_000, 503), (5_000, 200), (100_000, 503), (5_000, 200)] {
                let ids = (0..<count).map { _ in ReportID.random() }
                let selector = BatchSelector.leaderSelected(.random())
                let body =
                    committed
                    ? CloseProposal(selector: selector, checkpointSize: size, reportIDs: ids).encoded()
                    : BatchComparison(selector: selector, reportIDs: ids).encoded()
                let answer = try await client.send("POST", path, body: body, headers: headers)
                #expect(answer.status == status, "\(answer.text)")
                #expect((answer.headers["retry-after"] != nil) == (status == 503))
            }
        }
    }

    /// A leader that names what nobody has fills no memory: the first are named, and with the next question the rest.
    @Test func whatAHelperLacksIsNamedUpToABound() async throws {
        let fixture = try await HelperFixture(committed: false, maxBatchSize: 1_000_000)
        let ids = (0..<ReportList.mostNamed + 3_000).map { number in
            ReportID(
                unchecked: withUnsafeBytes(of: UInt64(number).bigEndian) { [UInt8]($0) }
                    + [UInt8](repeating: 1, count: 8))
        }
        let body = BatchComparison(selector: .leaderSelected(.random()), reportIDs: ids).encoded()
        try await withServer(fixture.routes) { client in
            let answer = try await client.send(
                "POST", "/cairn/tasks/\(fixture.task.id.base64URL)/batches", body: body,
                headers: fixture.headers(BatchComparison.mediaType))
            #expect(answer.status == 200, "\(answer.text)")
            let missing = try BatchDifference(decoding: answer.body).missing
            #expect(missing == Array(ids.prefix(ReportList.mostNamed)))
            #expect(answer.body.count <= NodeTask.listedLimit(of: UInt64(ids.count)))
        }
    }

    /// No batch that a node takes is longer than a list can be, whatever the task says.
    @Test func aBatchFitsAList() async throws {
        let fixture = try await HelperFixture(committed: false, maxBatchSize: 1 << 40)
        #expect(fixture.task.maxBatchSize == TaskConfiguration.largestBatch)
        #expect(fixture.task.closeLimit > Int(UInt32.max))
    }
}
