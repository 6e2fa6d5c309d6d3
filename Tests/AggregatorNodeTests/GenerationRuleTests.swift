import AggregatorNode
import Datastore
import Testing

/// Every state that starts, deeds, crashes, backups and their continuations can bring a database and the file beside the
/// keys into, up to some length: the rule takes all that a crash leaves, and refuses all that has forgotten something.
@Suite struct GenerationRuleTests {
    /// A database, with all that it has counted: a name for each, which no two of them share.
    private struct Database: Equatable {
        var deeds: [Int] = []
        var runs: [(first: UInt64, run: GenerationRun)] = []

        var mark: GenerationMark { GenerationMark(number: UInt64(deeds.count), run: runs.last?.run) }

        func record(of run: GenerationRun?) -> GenerationRecord {
            var spans: [(GenerationRun?, UInt64)] = [(nil, 0)]
            spans += runs.map { ($0.run, $0.first) }
            guard let place = spans.firstIndex(where: { $0.0 == run }) else {
                return GenerationRecord(mark: mark, first: spans[spans.count - 1].1, span: nil)
            }
            let end = place + 1 < spans.count ? spans[place + 1].1 - 1 : mark.number
            return GenerationRecord(mark: mark, first: spans[spans.count - 1].1, span: spans[place].1...end)
        }

        static func == (left: Database, right: Database) -> Bool { left.deeds == right.deeds }
    }

    /// A file, with all that had been counted when its number was.
    private struct File {
        var mark: GenerationMark
        var deeds: [Int]
    }

    private enum Phase { case down, startWrote, startCounted, up }

    private struct World {
        var database = Database()
        var file: File?
        var phase = Phase.down
        /// Of everything that ever happened; shared by no two.
        var next = 0

        mutating func count(_ run: GenerationRun?) {
            if let run { database.runs.append((UInt64(database.deeds.count) + 1, run)) }
            database.deeds.append(next)
            next += 1
        }

        mutating func follow(to number: Int) {
            file = File(
                mark: GenerationMark(number: UInt64(number), run: database.mark.run),
                deeds: Array(database.deeds.prefix(number)))
        }

        /// All that can happen next, but for the end of the process, after which everything looks as before.
        var following: [World] {
            var following: [World] = []
            func add(_ change: (inout World) -> Void) {
                var world = self
                change(&world)
                following.append(world)
            }
            switch phase {
            case .down:
                add {
                    $0.follow(to: $0.database.deeds.count)
                    $0.phase = .startWrote
                }
            case .startWrote:
                add {
                    $0.count(.random())
                    $0.phase = .startCounted
                }
            case .startCounted:
                add { $0.count(nil) }
                add {
                    $0.follow(to: $0.database.deeds.count)
                    $0.phase = .up
                }
            case .up:
                add { $0.count(nil) }
                let written = Int(file?.mark.number ?? 0)
                for number in (written..<database.deeds.count).map({ $0 + 1 }) { add { $0.follow(to: number) } }
            }
            if phase != .down { add { $0.phase = .down } }
            // Another program counts, once there is something to count.
            if [.down, .startWrote].contains(phase), !database.deeds.isEmpty { add { $0.count(nil) } }
            return following
        }
    }

    private func verdict(_ file: File?, _ database: Database) -> GenerationRule.Verdict {
        GenerationRule.verdict(file: file?.mark, database: database.record(of: file?.mark.run))
    }

    /// Calls `body` with every way that has `steps` steps.
    private func forEachWay(steps: Int, from start: World = World(), _ body: ([World]) -> Void) {
        func go(_ way: [World]) {
            guard way.count <= steps else { return body(way) }
            for world in way[way.count - 1].following { go(way + [world]) }
        }
        go([start])
    }

    @Test func whatACrashLeavesIsTakenAndWhatHasForgottenIsRefused() {
        var (ways, forgetful) = (0, 0)
        forEachWay(steps: 10) { way in
            ways += 1
            guard let file = way[way.count - 1].file else { return }
            for earlier in way {
                #expect(verdict(earlier.file, earlier.database) == .belongsTogether, "\(earlier)")
                let isForgotten = !earlier.database.deeds.starts(with: file.deeds)
                forgetful += isForgotten ? 1 : 0
                #expect(
                    (verdict(file, earlier.database) == .belongsTogether) == !isForgotten,
                    "\(earlier.database) beside \(file)")
            }
        }
        #expect(ways > 100 && forgetful > 100, "\(ways) ways, \(forgetful) with something forgotten")
    }

    /// Somebody went on with a backup, beside the keys of its day, and then brings it to the newest keys.
    @Test func noContinuationOfABackupPassesForTheNewest() {
        var forgetful = 0
        forEachWay(steps: 9) { way in
            guard let file = way[way.count - 1].file else { return }
            for earlier in way {
                var other = earlier
                (other.phase, other.next) = (.down, 1_000)
                for step in 0..<7 {
                    let isForgotten = !other.database.deeds.starts(with: file.deeds)
                    let verdict = verdict(file, other.database)
                    // Nothing else may be advised where something is forgotten, nor this where nothing is.
                    let isOld = [.databaseIsOld, .databaseIsOfAnotherHistory].contains(verdict)
                    #expect(isOld == isForgotten, "\(other.database) beside \(file): \(verdict)")
                    forgetful += isForgotten ? 1 : 0
                    other = other.following[step < 3 ? 0 : other.following.count > 2 ? 1 : 0]
                }
            }
        }
        #expect(forgetful > 1_000, "\(forgetful)")
    }

    /// A command reads the file, then the database, and changes it only if they belong together. A node may run meanwhile.
    @Test func aCommandBesideTheNodeIsLetInAndNoneBringsABackupUpToTheFile() {
        var (looks, refused) = (0, 0)
        forEachWay(steps: 9) { way in
            for (place, earlier) in way.enumerated() {
                // What it read of the file, and the database of some time later.
                for later in way[place...] {
                    guard let file = earlier.file else { continue }
                    // Of two starts in between, the second look knows.
                    let runs = [nil] + later.database.runs.map(\.run)
                    guard runs.suffix(2).contains(file.mark.run) else { continue }
                    looks += 1
                    #expect(verdict(file, later.database) == .belongsTogether, "\(later.database) beside \(file)")
                }
                // A backup beside the newest file, and commands without end.
                guard let file = way[way.count - 1].file, !earlier.database.deeds.starts(with: file.deeds) else {
                    continue
                }
                var world = earlier
                world.next = 1_000
                for _ in 0..<12 where verdict(file, world.database) == .belongsTogether { world.count(nil) }
                refused += 1
                #expect(world.database == earlier.database, "it was changed beside \(file)")
            }
        }
        #expect(looks > 1_000 && refused > 100, "\(looks) looks, \(refused) refused")
    }

    @Test func withoutAFileOnlyANewDatabaseBegins() {
        let new = Database()
        #expect(verdict(nil, new) == .belongsTogether)
        var started = World()
        started.count(.random())
        #expect(verdict(nil, started.database) == .fileIsMissing)
        // Of a version that drew no names of runs.
        let former = GenerationRecord(mark: GenerationMark(number: 7, run: nil), first: 0, span: 0...7)
        #expect(GenerationRule.verdict(file: nil, database: former) == .fileIsMissing)
        #expect(GenerationRule.verdict(file: GenerationMark(number: 7, run: nil), database: former) == .belongsTogether)
        #expect(GenerationRule.verdict(file: GenerationMark(number: 8, run: nil), database: former) == .databaseIsOld)
    }

    @Test func aFileMayBeBehindByWhatWasUnderWayAndByOneStart() {
        let (before, run) = (GenerationRun.random(), GenerationRun.random())
        let most = GenerationRule.mostUnderWay
        func verdict(_ number: UInt64, _ of: GenerationRun, _ span: ClosedRange<UInt64>, first: UInt64, newest: UInt64)
            -> GenerationRule.Verdict
        {
            GenerationRule.verdict(
                file: GenerationMark(number: number, run: of),
                database: GenerationRecord(
                    mark: GenerationMark(number: newest, run: run), first: first, span: span))
        }
        #expect(verdict(5, run, 3...(5 + most), first: 3, newest: 5 + most) == .belongsTogether)
        #expect(verdict(5, run, 3...(6 + most), first: 3, newest: 6 + most) == .fileIsOld)
        #expect(verdict(5, before, 3...5, first: 6, newest: 6) == .belongsTogether, "the start was cut off")
        #expect(verdict(5, before, 3...5, first: 7, newest: 7) == .fileIsOld, "a start was cut off twice")
        #expect(verdict(2, run, 3...6, first: 3, newest: 6) == .databaseIsOfAnotherHistory, "it has no such number")
    }
}
