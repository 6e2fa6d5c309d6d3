// Processes that this one starts: nodes that run until they are told to end, and commands that run to their end.
//
// A child is known by its process id, which belongs to it only until it is reaped. swift-subprocess reaps a child when
// the scope that started it is left; so the scope of a long-running child is a task of its own that stays in it until the
// child's owner says how it is to end. Until then the id cannot come to name somebody else's process, even where the
// child has ended by itself, and no signal can hit a stranger.
//
// Every child gets a process group of its own: Ctrl-C on the terminal reaches only its parent, which then ends it in
// order. A child inherits no descriptor but its standard ones.

import Foundation
import Subprocess

/// How a process ended.
package enum ProcessEnding: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .killed(signal: signal)
        }
    }

    package var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .killed(let signal): "signal \(signal)"
        }
    }
}

/// A process that could not be started, or was lost sight of.
package struct ChildProcessFailure: Error, CustomStringConvertible {
    package let program: String
    package let reason: String

    package var description: String { "\(program) cannot be run: \(reason)" }
}

/// A running process. Whoever starts one ends it; one that is forgotten is killed.
package final class ChildProcess: Sendable {
    /// Where a long-running process writes to.
    package enum Output: Sendable {
        /// A file that both standard output and error are appended to, made where there is none; input is empty.
        case log(String)
        /// An open descriptor, which is closed here once the process has it as output and error, and as input if it
        /// `isInput`: a terminal.
        case descriptor(Int32, isInput: Bool)
    }

    /// How the process is to end.
    private enum Order {
        case byItself
        case terminate(grace: Duration)
        case kill
    }

    package let processID: pid_t
    private let orders: AsyncStream<Order>.Continuation
    private let running: Task<ProcessEnding, any Error>

    private init(
        processID: pid_t, orders: AsyncStream<Order>.Continuation, running: Task<ProcessEnding, any Error>
    ) {
        self.processID = processID
        self.orders = orders
        self.running = running
    }

    deinit { orders.finish() }

    /// Starts a program.
    ///
    /// - Parameter environment: changes to this process's own; nil removes a variable.
    /// - Throws: ``ChildProcessFailure``; `CancellationError`, and then nothing is left running.
    package static func start(
        _ program: String, _ arguments: [String], environment: [String: String?] = [:], output: Output
    ) async throws -> ChildProcess {
        let (commanded, orders) = AsyncStream.makeStream(of: Order.self)
        let (started, tell) = AsyncStream.makeStream(of: pid_t.self)
        let running = Task {
            defer { tell.finish() }
            return try await hold(program, arguments, environment: environment, output: output) { id in
                tell.yield(id)
                return commanded
            }
        }
        guard let id = await started.first(where: { _ in true }) else {
            orders.finish()
            _ = try await running.value
            throw CancellationError()
        }
        return ChildProcess(processID: id, orders: orders, running: running)
    }

    /// Whether the process has ended by itself, asked before one of the functions below is called.
    package var hasEnded: Bool {
        var information = siginfo_t()
        // WNOWAIT leaves the process to be reaped by its scope.
        return waitid(P_PID, id_t(processID), &information, WEXITED | WNOHANG | WNOWAIT) != 0
            || information.si_signo != 0
    }

    /// Waits until the process ends by itself. Where the waiting task is cancelled, the process is ended.
    package func wait() async throws -> ProcessEnding {
        orders.yield(.byItself)
        return try await withTaskCancellationHandler {
            try await running.value
        } onCancel: {
            running.cancel()
        }
    }

    /// Asks the process to end (SIGTERM), and kills it if it has not after `grace`.
    ///
    /// - Returns: how it ended; nil where that is not known.
    @discardableResult
    package func terminate(grace: Duration = .seconds(10)) async -> ProcessEnding? {
        orders.yield(.terminate(grace: grace))
        return try? await running.value
    }

    /// Ends the process at once, as a power failure would.
    @discardableResult
    package func kill() async -> ProcessEnding? {
        orders.yield(.kill)
        return try? await running.value
    }

    /// Runs a program and stays in its scope.
    ///
    /// - Parameter started: is told its id, and hands back the stream on which its owner says how it is to end.
    private static func hold(
        _ program: String, _ arguments: [String], environment: [String: String?], output: Output,
        started: @Sendable (pid_t) -> AsyncStream<Order>
    ) async throws -> ProcessEnding {
        let configuration = configuration(program, arguments, environment: environment)
        let (descriptor, isInput) = try output.opened(for: program)
        return try await reportingFailure(of: program) {
            if isInput {
                let result = try await Subprocess.run(
                    configuration,
                    input: .fileDescriptor(.init(rawValue: descriptor), closeAfterSpawningProcess: false),
                    output: .fileDescriptor(.init(rawValue: descriptor), closeAfterSpawningProcess: true),
                    error: .combinedWithOutput
                ) { await obey(started($0.processIdentifier.value), $0) }
                return ProcessEnding(result.terminationStatus)
            }
            let result = try await Subprocess.run(
                configuration, input: .none,
                output: .fileDescriptor(.init(rawValue: descriptor), closeAfterSpawningProcess: true),
                error: .combinedWithOutput
            ) { await obey(started($0.processIdentifier.value), $0) }
            return ProcessEnding(result.terminationStatus)
        }
    }

    private static func obey<Input, Written, Errors>(
        _ orders: AsyncStream<Order>, _ execution: Execution<Input, Written, Errors>
    ) async {
        // Without any order, the owner is gone.
        switch await orders.first(where: { _ in true }) ?? .kill {
        case .byItself: return
        case .terminate(let grace):
            await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: grace)])
        case .kill: await execution.teardown(using: [])
        }
    }

    static func configuration(
        _ program: String, _ arguments: [String], environment: [String: String?]
    ) -> Configuration {
        var options = PlatformOptions()
        options.processGroupID = 0
        // What happens to a process whose task is cancelled; SIGKILL comes last.
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))]
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { changes.updateValue(value, forKey: key) }
        }
        return Configuration(
            executable: .path(.init(program)), arguments: Arguments(arguments),
            environment: .inherit.updating(changes), platformOptions: options)
    }

    static func reportingFailure<Result>(
        of program: String, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as SubprocessError {
            throw ChildProcessFailure(program: program, reason: error.description)
        }
    }
}

extension ChildProcess.Output {
    fileprivate func opened(for program: String) throws(ChildProcessFailure) -> (descriptor: Int32, isInput: Bool) {
        switch self {
        case .descriptor(let descriptor, let isInput): return (descriptor, isInput)
        case .log(let path):
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw ChildProcessFailure(
                    program: program, reason: "the log \(path) cannot be opened: \(String(cString: strerror(errno)))")
            }
            return (descriptor, false)
        }
    }
}
