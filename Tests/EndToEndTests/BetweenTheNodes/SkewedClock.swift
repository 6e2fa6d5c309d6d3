import ChildProcesses
import Foundation
import Testing

/// Another time of day for one process: a library, loaded before all others, that stands before the system's clock.
///
/// Only the time of day is changed. How long something takes is measured by clocks that stay as they are.
struct SkewedClock {
    private let library: String

    private static let variable = "CAIRN_TEST_SECONDS_AHEAD"
    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <sys/time.h>
        #include <time.h>

        static long ahead(void) {
            const char *text = getenv("\(variable)");
            return text ? atol(text) : 0;
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            static int (*next)(clockid_t, struct timespec *);
            if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
            int result = next(clock, time);
            if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += ahead();
            return result;
        }

        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            struct timespec now;
            (void)zone;
            if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
            time->tv_sec = now.tv_sec;
            time->tv_usec = now.tv_nsec / 1000;
            return 0;
        }

        time_t time(time_t *result) {
            struct timespec now;
            if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }

        """

    /// Compiles the library, with the compiler that came with Swift or any other.
    init(folder: String) async throws {
        library = "\(folder)/clock.so"
        let source = "\(folder)/clock.c"
        try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
        var failures: [String] = []
        for compiler in Self.compilers {
            let result = try await ChildProcess.run(
                compiler, ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
            if result.ending == .exited(0) { return }
            failures.append("\(compiler): \(String(decoding: result.errors, as: UTF8.self))")
        }
        try #require(!Self.compilers.isEmpty, "no C compiler (cc, clang, gcc) is in PATH: the clock cannot be changed")
        Issue.record("the clock cannot be changed: \(failures)")
    }

    private static var compilers: [String] {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return ["cc", "clang", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
            .filter { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The environment of a process whose clock is so many seconds ahead, or behind where negative.
    func ahead(by seconds: Int) -> [String: String?] {
        ["LD_PRELOAD": library, Self.variable: "\(seconds)"]
    }
}
