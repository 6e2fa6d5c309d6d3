import AggregatorNode
import Datastore

/// A database, and processes of one node with their files, as far as the rule of generations is about them: what can happen
/// to them, one step after the other.
struct GenerationWorld {
    /// With all that it has counted: a name for each, which no two of them share.
    struct Database {
        struct Run {
            let name: GenerationRun
            let first: UInt64
            let follows: UInt64?
            /// Of each of its numbers, how many events there were then.
            var lengths: [Int]
            var deeds = 0

            var last: UInt64 { first + UInt64(lengths.count) - 1 }
        }

        var events: [Int] = []
        var runs: [Run] = []
        var commands: UInt64 = 0

        private var newest: GenerationMark {
            GenerationMark(number: max(commands, runs.map(\.last).max() ?? 0), run: runs.last?.name)
        }

        /// As the store makes it, where no process is at work.
        func record(of name: GenerationRun?) -> GenerationRecord {
            var record = GenerationRecord(newest: newest, mark: newest, span: nil)
            let run = runs.first { $0.name == name }
            guard name == nil || run != nil else { return record }
            let first = run?.first ?? 0
            let last = run?.last ?? runs.first.map { $0.first - 1 } ?? commands
            record.span = first...last
            record.mark = GenerationMark(number: last, run: name)
            let next = runs.filter { $0.follows == first }
            guard let successor = next.first else { return record }
            record.mark = GenerationMark(number: successor.last, run: successor.name)
            let isLast = next.count == 1 && !runs.contains { $0.follows == successor.first }
            record.successor = isLast ? .last : .followed
            return record
        }

        /// What was there when a run had a number.
        func events(at mark: GenerationMark) -> [Int] {
            guard let run = runs.first(where: { $0.name == mark.run }) else { return [] }
            return Array(events.prefix(run.lengths[Int(mark.number - run.first)]))
        }

        /// What every transaction of a process looks for.
        func isBehind(_ known: GenerationMark) -> Bool {
            runs.first { $0.name == known.run }.map { $0.last < known.number } ?? true
        }

        mutating func begin(_ name: GenerationRun, after former: GenerationMark?, event: Int) {
            let follows = former.map { former in runs.first { $0.name == former.run }?.first ?? 0 }
            events.append(event)
            runs.append(Run(name: name, first: newest.number + 1, follows: follows, lengths: [events.count]))
        }

        mutating func count(_ name: GenerationRun, event: Int, isDeed: Bool) {
            guard let place = runs.firstIndex(where: { $0.name == name }) else { return }
            events.append(event)
            runs[place].lengths.append(events.count)
            if isDeed { runs[place].deeds += 1 }
        }
    }

    /// With all that had been counted when its number was.
    struct File {
        var mark: GenerationMark
        var events: [Int]
    }

    enum Phase { case down, startWrote, startCounted, up }

    struct Side {
        var phase = Phase.down
        var file: File?
        var run: GenerationRun?
        /// What the process knows that is up.
        var known: File?
        /// What its number stands for of others' deeds.
        var covered: [GenerationRun: Int] = [:]
    }

    var database = Database()
    var sides: [Side]
    /// Of everything that ever happened; shared by no two.
    private var latest = 0

    init(processes: Int) { sides = Array(repeating: Side(), count: processes) }

    // MARK: What happens

    private mutating func event() -> Int {
        latest += 1
        return latest
    }

    mutating func count(side: Int, isDeed: Bool) {
        guard let run = sides[side].run else { return }
        if !isDeed { sides[side].covered = deedsOfOthers(side) }
        database.count(run, event: event(), isDeed: isDeed)
        know(side)
    }

    private mutating func know(_ side: Int) {
        guard let run = database.runs.first(where: { $0.name == sides[side].run }) else { return }
        let mark = GenerationMark(number: run.last, run: run.name)
        sides[side].known = File(mark: mark, events: database.events(at: mark))
    }

    private func deedsOfOthers(_ side: Int) -> [GenerationRun: Int] {
        let others = database.runs.filter { $0.name != sides[side].run }
        return Dictionary(uniqueKeysWithValues: others.map { ($0.name, $0.deeds) })
    }

    mutating func countByCommand() {
        database.events.append(event())
        database.commands += 1
    }

    mutating func follow(side: Int) {
        sides[side].file = sides[side].known
    }

    /// A process's next step towards being up.
    func next(of side: Int) -> GenerationWorld {
        var world = self
        let record = database.record(of: sides[side].file?.mark.run)
        let isJoining = sides[side].file == nil && !database.runs.isEmpty
        switch sides[side].phase {
        case .down:
            world.sides[side].phase = .startWrote
            // One that joins others has nothing to write.
            if !isJoining {
                world.sides[side].file = File(mark: record.mark, events: database.events(at: record.mark))
            }
        case .startWrote:
            world.sides[side].phase = .startCounted
            world.sides[side].run = .random()
            world.database.begin(
                world.sides[side].run ?? .random(), after: sides[side].file?.mark, event: world.event())
            world.sides[side].covered = world.deedsOfOthers(side)
            world.know(side)
        case .startCounted:
            world.sides[side].phase = .up
            world.follow(side: side)
        case .up: break
        }
        return world
    }

    /// Whether a process that has no file may begin.
    private func mayBegin(_ side: Int) -> Bool {
        guard sides[side].phase == .down else { return true }
        if sides[side].file == nil { return database.runs.isEmpty || sides.contains { $0.phase == .up } }
        return GenerationRule.verdict(
            file: sides[side].file?.mark, database: database.record(of: sides[side].file?.mark.run))
            == .belongsTogether
    }

    /// All that can happen next.
    var following: [GenerationWorld] {
        var following: [GenerationWorld] = []
        func add(_ change: (inout GenerationWorld) -> Void) {
            var world = self
            change(&world)
            following.append(world)
        }
        for side in sides.indices {
            if sides[side].phase != .up, mayBegin(side) { following.append(next(of: side)) }
            let isBehind = sides[side].known.map { database.isBehind($0.mark) } ?? true
            if [.startCounted, .up].contains(sides[side].phase), !isBehind {
                add { $0.count(side: side, isDeed: true) }
                if deedsOfOthers(side) != sides[side].covered { add { $0.count(side: side, isDeed: false) } }
            }
            if sides[side].phase == .up, let known = sides[side].known, let file = sides[side].file {
                for number in file.mark.number..<known.mark.number {
                    let mark = GenerationMark(number: number + 1, run: known.mark.run)
                    add { $0.sides[side].file = File(mark: mark, events: $0.database.events(at: mark)) }
                }
            }
            if sides[side].phase != .down { add { $0.end(side) } }
        }
        if sides.contains(where: { $0.phase == .down }), !database.runs.isEmpty { add { $0.countByCommand() } }
        return following
    }

    private mutating func end(_ side: Int) {
        (sides[side].phase, sides[side].run, sides[side].known) = (.down, nil, nil)
    }

    /// The same after all processes have ended; what happens then has other names.
    func cutOff(latest: Int) -> GenerationWorld {
        var world = self
        for side in sides.indices { world.end(side) }
        world.latest = latest
        return world
    }
}
