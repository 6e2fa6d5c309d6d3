import ArgumentParser
import Bench
import Foundation

/// What is wrong with the options is the user's to mend; other errors pass.
func benchUsage<Result>(_ body: () throws(BenchError) -> Result) throws -> Result {
    do throws(BenchError) {
        return try body()
    } catch .invalidOption(let problem) {
        throw ValidationError(problem)
    } catch {
        throw error
    }
}

/// Says so if more threads are asked for than can run at a time.
func warnOfIdleThreads(_ threads: Int) {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    if threads > processors {
        Console.error("cairn: --threads \(threads): only \(processors) run at a time on this machine")
    }
}
