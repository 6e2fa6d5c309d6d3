import Foundation
import Synchronization

/// A process that this one started, known by its id and ended by its id.
///
/// `Foundation.Process` needs a run loop to notice an exit; this is `posix_spawn` and `waitpid`, nothing more. The
/// child gets a process group of its own, so that Ctrl-C on the terminal reaches only its parent, which then ends it in
/// order.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Sendable, Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    let processID: pid_t
    private let ending = Mutex<Ending?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - log: The file to which standard output and error are appended.
    ///   - environment: Added to this process's own.
    init(
        _ executable: String, _ arguments: [String], log: String, environment: [String: String] = [:]
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let argumentList = CStringList([executable] + arguments)
        let environmentList = CStringList(variables.map { "\($0)=\($1)" })
        var id = pid_t()
        let code = posix_spawn(
            &id, executable, &actions, &attributes, argumentList.pointers, environmentList.pointers)
        guard code == 0 else {
            throw CommandFailure("\(executable) cannot be started: \(String(cString: strerror(code)))")
        }
        processID = id
    }

    /// How it ended; nil while it runs.
    func poll() -> Ending? {
        ending.withLock { ending in
            if ending != nil { return ending }
            var status: Int32 = 0
            guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
            let signal = status & 0x7f
            ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
            return ending
        }
    }

    /// Waits for the end; after `limit` the process is killed.
    @discardableResult
    func wait(limit: Duration = .seconds(600)) async -> Ending {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(1)
        while true {
            if let ending = poll() { return ending }
            if ContinuousClock.now - start > limit { send(SIGKILL) }
            // Cancellation must not leave the process behind, so the pause is kept even in a cancelled task.
            await withCheckedContinuation { continuation in
                DispatchQueue.global().asyncAfter(deadline: .now() + pause.seconds) { continuation.resume() }
            }
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    /// Asks the process to end, and kills it if it has not after `grace`.
    func terminate(grace: Duration = .seconds(5)) async {
        send(SIGTERM)
        await wait(limit: grace)
    }

    /// Ends the process at once, as a power failure would.
    func kill() async {
        send(SIGKILL)
        await wait()
    }

    /// Only while the process has not been reaped: afterwards its id may belong to another.
    private func send(_ signal: Int32) {
        ending.withLock { ending in
            guard ending == nil else { return }
            Foundation.kill(processID, signal)
        }
    }
}

/// A NULL-terminated array of C strings that lives as long as this object.
private final class CStringList {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        pointers = strings.map { strdup($0) } + [nil]
    }

    deinit {
        for pointer in pointers { free(pointer) }
    }
}

extension Duration {
    /// As a floating-point number of seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// The process that runs at the moment, if any; taken by whoever ends it.
final class ProcessSlot: Sendable {
    private let slot = Mutex<ChildProcess?>(nil)

    var current: ChildProcess? {
        get { slot.withLock { $0 } }
        set { slot.withLock { $0 = newValue } }
    }

    func take() -> ChildProcess? {
        slot.withLock { process in
            defer { process = nil }
            return process
        }
    }
}
