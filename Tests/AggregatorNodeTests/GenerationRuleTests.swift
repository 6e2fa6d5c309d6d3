import AggregatorNode
import Datastore
import Testing

/// Every state that starts, deeds, crashes, backups and their continuations can bring a database and the files beside the keys
/// of its processes into, up to some length: the rule takes all that a crash leaves, and refuses all that has forgotten
/// something.
@Suite struct GenerationRuleTests {
    private func verdict(_ file: GenerationWorld.File?, _ database: GenerationWorld.Database, side: Int = 0)
        -> GenerationRule.Verdict
    {
        GenerationRule.verdict(file: file?.mark, database: database.record(of: file?.mark.run))
    }

    /// Calls `body` with every way that has `steps` steps.
    private func forEachWay(
        steps: Int, from start: GenerationWorld, _ body: ([GenerationWorld]) -> Void
    ) {
        func go(_ way: [GenerationWorld]) {
            guard way.count <= steps else { return body(way) }
            for world in way[way.count - 1].following { go(way + [world]) }
        }
        go([start])
    }

    /// All short ways of one process and of two, and some long ones.
    private func forEachWay(_ body: ([GenerationWorld]) -> Void) {
        forEachWay(steps: 9, from: GenerationWorld(processes: 1), body)
        // One works already, the other joins.
        var pair = GenerationWorld(processes: 2)
        for _ in 0..<3 { pair = pair.next(of: 0) }
        forEachWay(steps: 4, from: pair, body)
        for _ in 0..<3 { pair = pair.next(of: 1) }
        forEachWay(steps: 4, from: pair, body)
        for _ in 0..<100 {
            var way = [pair]
            while way.count < 40, let next = way[way.count - 1].following.randomElement() { way.append(next) }
            body(way)
        }
    }

    @Test func whatACrashLeavesIsTakenAndWhatHasForgottenIsRefused() {
        var (ways, forgetful) = (0, 0)
        forEachWay { way in
            ways += 1
            let last = way[way.count - 1]
            for side in last.sides.indices {
                guard let file = last.sides[side].file else { continue }
                for earlier in way {
                    if let former = earlier.sides[side].file {
                        #expect(verdict(former, earlier.database) == .belongsTogether, "\(earlier)")
                    }
                    let isForgotten = !earlier.database.events.starts(with: file.events)
                    forgetful += isForgotten ? 1 : 0
                    #expect(
                        (verdict(file, earlier.database) == .belongsTogether) == !isForgotten,
                        "\(earlier.database) beside \(file)")
                    // While it works, it goes by what it knows.
                    if let known = last.sides[side].known {
                        #expect(
                            earlier.database.isBehind(known.mark) == !earlier.database.events.starts(with: known.events)
                        )
                    }
                }
            }
        }
        #expect(ways > 1_000 && forgetful > 1_000, "\(ways) ways, \(forgetful) with something forgotten")
    }

    /// Somebody went on with a backup, with the files of its day, with some of them or with one that noticed nothing, and then
    /// brings it to the newest file.
    @Test func noContinuationOfABackupPassesForTheNewest() {
        var forgetful = 0
        forEachWay { way in
            let last = way[way.count - 1]
            for side in last.sides.indices {
                guard let file = last.sides[side].file else { continue }
                for earlier in way.dropLast() {
                    var fork = earlier.cutOff(latest: 100_000)
                    for _ in 0..<7 {
                        let isForgotten = !fork.database.events.starts(with: file.events)
                        let verdict = verdict(file, fork.database)
                        // Nothing else may be advised where something is forgotten, nor this where nothing is.
                        let isOld = [.databaseIsOld, .databaseIsOfAnotherHistory].contains(verdict)
                        #expect(isOld == isForgotten, "\(fork.database) beside \(file): \(verdict)")
                        forgetful += isForgotten ? 1 : 0
                        guard let next = fork.following.randomElement() else { break }
                        fork = next
                    }
                }
            }
        }
        #expect(forgetful > 1_000, "\(forgetful)")
    }

    /// Two replicas work, and a backup takes the database's place under them. The one that has seen less may go on until the
    /// other one looks; whatever it counts, the other one notices.
    @Test func ofTwoReplicasTheOneThatKnowsMoreNoticesWhateverTheOtherCounts() {
        var pair = GenerationWorld(processes: 2)
        for side in [0, 1] { for _ in 0..<3 { pair = pair.next(of: side) } }
        let backup = pair.database
        for _ in 0..<3 { pair.count(side: 0, isDeed: true) }
        let known = pair.sides[0].known
        pair.database = backup
        for _ in 0..<9 {
            pair.count(side: 1, isDeed: true)
            #expect(known.map { pair.database.isBehind($0.mark) } == true)
            #expect(pair.sides[1].known.map { pair.database.isBehind($0.mark) } == false)
        }
    }

    /// What a process has seen of others is in its number, once it has counted after that.
    @Test func aProcessStandsForWhatItHasSeenOfOthers() {
        var pair = GenerationWorld(processes: 2)
        for side in [0, 1] { for _ in 0..<3 { pair = pair.next(of: side) } }
        let backup = pair.database
        pair.count(side: 0, isDeed: true)
        pair.count(side: 1, isDeed: false)
        pair.follow(side: 1)
        // The first is gone for ever, its file with it.
        #expect(verdict(pair.sides[1].file, backup) == .databaseIsOld)
    }

    /// A command reads the file, then the database, and changes it only if they belong together. A node may run meanwhile.
    @Test func aCommandBesideTheNodeIsLetInAndNoneBringsABackupUpToTheFile() {
        var (looks, refused) = (0, 0)
        forEachWay(steps: 8, from: GenerationWorld(processes: 1)) { way in
            for (place, earlier) in way.enumerated() {
                // What it read of the file, and the database of some time later.
                for later in way[place...] {
                    guard let file = earlier.sides[0].file else { continue }
                    // Of two starts in between, the second look knows.
                    let runs = [nil] + later.database.runs.map(\.name)
                    guard runs.suffix(2).contains(file.mark.run) else { continue }
                    looks += 1
                    #expect(verdict(file, later.database) == .belongsTogether, "\(later.database) beside \(file)")
                }
                // A backup beside the newest file, and commands without end.
                guard let file = way[way.count - 1].sides[0].file,
                    !earlier.database.events.starts(with: file.events)
                else { continue }
                var world = earlier
                for _ in 0..<12 where verdict(file, world.database) == .belongsTogether { world.countByCommand() }
                refused += 1
                #expect(world.database.events == earlier.database.events, "it was changed beside \(file)")
            }
        }
        #expect(looks > 1_000 && refused > 100, "\(looks) looks, \(refused) refused")
    }

    @Test func withoutAFileANewDatabaseBeginsOrAReplicaBesideOthers() {
        let new = GenerationMark(number: 0, run: nil)
        let used = GenerationMark(number: 7, run: .random())
        func verdict(_ file: GenerationMark?, _ newest: GenerationMark, company: Bool) -> GenerationRule.Verdict {
            var record = GenerationRecord(newest: newest, mark: newest, span: file.map { $0.number...newest.number })
            record.hasCompany = company
            record.successor = newest == new ? .none : .followed
            return GenerationRule.verdict(file: file, database: record)
        }
        #expect(verdict(nil, new, company: false) == .belongsTogether)
        #expect(verdict(nil, used, company: false) == .fileIsMissing)
        #expect(verdict(nil, used, company: true) == .belongsTogether)
        // Of a first start that was cut off.
        #expect(verdict(new, new, company: false) == .belongsTogether)
        #expect(verdict(new, used, company: false) == .fileIsOld)
        #expect(verdict(new, used, company: true) == .belongsTogether)
        // Of a version that drew no names of runs.
        let former = GenerationRecord(
            newest: GenerationMark(number: 7, run: nil), mark: GenerationMark(number: 7, run: nil), span: 0...7)
        #expect(GenerationRule.verdict(file: nil, database: former) == .fileIsMissing)
        #expect(GenerationRule.verdict(file: GenerationMark(number: 7, run: nil), database: former) == .belongsTogether)
        #expect(GenerationRule.verdict(file: GenerationMark(number: 8, run: nil), database: former) == .databaseIsOld)
    }

    @Test func aFileMayBeBehindByWhatWasUnderWayAndByOneStart() {
        let (run, next) = (GenerationRun.random(), GenerationRun.random())
        let most = GenerationRule.mostUnderWay
        func verdict(
            _ number: UInt64, _ span: ClosedRange<UInt64>, _ successor: GenerationRecord.Successor = .none,
            reached: UInt64? = nil, isLed: Bool = false
        ) -> GenerationRule.Verdict {
            let mark = GenerationMark(number: reached ?? span.upperBound, run: successor == .none ? run : next)
            var record = GenerationRecord(newest: mark, mark: mark, span: span)
            (record.successor, record.isLed) = (successor, isLed)
            return GenerationRule.verdict(file: GenerationMark(number: number, run: run), database: record)
        }
        #expect(verdict(5, 3...(5 + most)) == .belongsTogether)
        #expect(verdict(5, 3...(6 + most)) == .fileIsOld)
        #expect(verdict(5, 3...5, .last, reached: 6) == .belongsTogether, "the start was cut off")
        #expect(verdict(5, 3...5, .last, reached: 6 + most) == .fileIsOld, "it was not")
        #expect(verdict(5, 3...5, .followed, reached: 7) == .fileIsOld, "others have gone on")
        #expect(verdict(2, 3...6) == .databaseIsOfAnotherHistory, "it has no such number")
        #expect(verdict(5, 3...5, isLed: true) == .fileIsInUse)
        #expect(verdict(6, 3...5, isLed: true) == .databaseIsOld, "that comes first")
    }

    /// Whether its database is older, nobody can tell, so it says neither.
    @Test func aFileOfAForgottenRunIsRefusedAndAccusesNobody() {
        let newest = GenerationMark(number: 9, run: .random())
        func verdict(_ number: UInt64, _ run: GenerationRun?, company: Bool = false) -> GenerationRule.Verdict {
            var record = GenerationRecord(newest: newest, mark: newest, span: nil)
            (record.forgotten, record.hasCompany) = (5, company)
            return GenerationRule.verdict(file: GenerationMark(number: number, run: run), database: record)
        }
        for run in [GenerationRun.random(), nil] {
            #expect(verdict(4, run) == .runIsForgotten)
            #expect(verdict(5, run, company: true) == .runIsForgotten)
            #expect(verdict(6, run) == .databaseIsOfAnotherHistory, "that start it would know")
            #expect(verdict(10, run) == .databaseIsOld)
        }
        #expect(verdict(0, nil) == .runIsForgotten)
        #expect(verdict(0, nil, company: true) == .belongsTogether, "a new replica")
        #expect(!GenerationError.runIsForgotten(path: "generation", file: 4).isForgotten)
    }
}
