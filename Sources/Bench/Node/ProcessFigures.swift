import Foundation

/// What the system has counted of a process, or of several together.
package struct ProcessFigures: Sendable, Equatable {
    /// Seconds of processor time, of all threads that ever were.
    package var processor = 0.0
    /// Bytes that were resident at the worst moment since the process began.
    package var peakMemory = 0
    /// Bytes that the process has caused to be written to a disk: whole pages, each time that one is written.
    package var written = 0

    package init(processor: Double = 0, peakMemory: Int = 0, written: Int = 0) {
        self.processor = processor
        self.peakMemory = peakMemory
        self.written = written
    }
}

/// Looks at other processes, through `/proc` and the clock that every process has. Linux only.
package enum ProcessProbe {
    /// - Throws: `.system` where this cannot be measured.
    package static func require() throws(BenchError) {
        #if !os(Linux)
            throw .system(
                "what a node costs is read from /proc, which only Linux has; the other benchmarks run here, too")
        #endif
    }

    /// The figures of one process.
    ///
    /// - Throws: `.system` where it is gone, or belongs to somebody else.
    package static func read(_ process: pid_t) throws(BenchError) -> ProcessFigures {
        let folder = "/proc/\(process)"
        guard let processor = processorSeconds(of: process),
            let peak = text("\(folder)/status").flatMap({ ProcText.bytes("VmHWM", inStatus: $0) }),
            let written = text("\(folder)/io").flatMap({ ProcText.number("write_bytes", in: $0) })
        else { throw .system("process \(process) has ended, or \(folder) cannot be read") }
        return ProcessFigures(processor: processor, peakMemory: peak, written: written)
    }

    /// The figures of a process with all that descend from it, those that have ended included: their parents inherit the
    /// counters. Peaks of memory are not added up, since they count what the processes share; the largest is taken.
    package static func readTree(_ root: pid_t) throws(BenchError) -> ProcessFigures {
        var sum = try read(root)
        sum.processor += inherited(by: root)
        for process in descendants(of: root) {
            // One that has ended in between is in its parent's counters from now on.
            guard let figures = try? read(process) else { continue }
            sum.processor += figures.processor + inherited(by: process)
            sum.peakMemory = max(sum.peakMemory, figures.peakMemory)
            sum.written += figures.written
        }
        return sum
    }

    /// The load of the machine over the last minute; nil where the system does not say.
    package static var loadAverage: Double? {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : nil
    }

    private static func processorSeconds(of process: pid_t) -> Double? {
        #if os(Linux)
            var clock = clockid_t()
            var time = timespec()
            guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        #else
            return nil
        #endif
    }

    /// Seconds of processor time of children that have ended.
    private static func inherited(by process: pid_t) -> Double {
        guard let ticks = text("/proc/\(process)/stat").flatMap(ProcText.stat)?.childTicks else { return 0 }
        return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func descendants(of root: pid_t) -> [pid_t] {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        let parents = all.compactMap { process in
            text("/proc/\(process)/stat").flatMap(ProcText.stat).map { (process, $0.parent) }
        }
        var family: Set<pid_t> = [root]
        var hasGrown = true
        while hasGrown {
            let children = parents.filter { family.contains($0.1) && !family.contains($0.0) }.map(\.0)
            family.formUnion(children)
            hasGrown = !children.isEmpty
        }
        return family.subtracting([root]).sorted()
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The texts of `/proc`, as proc(5) describes them.
package enum ProcText {
    /// `NAME: 123`, a line each.
    package static func number(_ name: String, in text: String) -> Int? {
        value(name, in: text).flatMap { Int($0) }
    }

    /// `NAME:   123 kB`, a line each.
    package static func bytes(_ name: String, inStatus text: String) -> Int? {
        guard let words = value(name, in: text)?.split(separator: " "), words.count == 2, words[1] == "kB",
            let count = Int(words[0]), count < Int.max >> 10
        else { return nil }
        return count << 10
    }

    /// A process's parent, and the clock ticks that its children took which have ended.
    ///
    /// The name in the second field is in parentheses, and may hold spaces and parentheses itself.
    package static func stat(_ text: String) -> (parent: pid_t, childTicks: Int)? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        // From the third field of the whole line on.
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 14, let parent = pid_t(fields[1]), let user = Int(fields[13]), let system = Int(fields[14])
        else { return nil }
        return (parent, user + system)
    }

    private static func value(_ name: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0] == name { return String(parts[1].drop { $0.isWhitespace }) }
        }
        return nil
    }
}
