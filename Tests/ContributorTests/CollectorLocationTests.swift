import Contributor
import Testing

/// A leader says where a collection job is. Nobody else is to see the collector's token.
@Suite struct CollectorLocationTests {
    private let url = "https://leader.example:8443/api/tasks/x/collection_jobs"

    @Test(arguments: ["/api/tasks/x/collection_jobs/y", "https://leader.example:8443/api/tasks/x/collection_jobs/y"])
    func aPlaceAtTheSameServerIsTaken(_ location: String) {
        #expect(
            Collector.resolve(location, against: url) == "https://leader.example:8443/api/tasks/x/collection_jobs/y")
    }

    @Test(arguments: [
        "https://leader.example/y", "https://leader.example:84430/y", "http://leader.example:8443/y",
        "https://leader.example:8443@thief.example/y", "https://leader.example:8443", "https://thief.example/y",
        "HTTPS://thief.example/y", "y", "", "?y",
    ])
    func aPlaceElsewhereIsNot(_ location: String) {
        #expect(Collector.resolve(location, against: url) == nil)
    }

    @Test func aPathThatLooksLikeAServerIsAPath() {
        #expect(
            Collector.resolve("//thief.example/y", against: url) == "https://leader.example:8443//thief.example/y")
    }
}
