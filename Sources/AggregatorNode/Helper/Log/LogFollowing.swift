/// The helper's background work on the leader's log. Whoever needs what could not be read asks for it as well, and hears why
/// it cannot; the operator hears it from the follower (``LogTrouble``).
struct LogFollowing: Sendable {
    let follower: LogFollower
    /// Raised when this helper, as a witness, has cosigned more of the log.
    let growth: WakeSignal

    /// A log that fails again and again is asked for less and less often.
    static let longestPause: Duration = .seconds(120)

    /// Soon after the start, and now and then: does the log show that this helper has forgotten something?
    func examine() async {
        // At first the leader may not be there yet, or may have published nothing.
        var pause = Duration.seconds(5)
        while !Task.isCancelled {
            do throws(FollowError) {
                try await follower.examinePublished()
                try? await Task.sleep(for: .seconds(600))
                pause = .seconds(5)
            } catch {
                // (What was forgotten has stopped the node.)
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Reads the log as it grows. A batch's close needs all of it up to there, and whoever collects would wait for that.
    func read() async {
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            do throws(FollowError) {
                try await follower.catchUp()
                pause = .seconds(1)
                // Each reading fetches the log's right edge anew.
                try? await Task.sleep(for: pause)
                await growth.wait(atMost: .seconds(600))
            } catch {
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
