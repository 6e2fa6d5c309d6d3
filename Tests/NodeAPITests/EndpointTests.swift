import DAP
import NodeAPI
import Testing

/// Paths, and what a list of resources must have for them to be told apart.
@Suite struct EndpointTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 0xFB, count: 32))
    private let report = ReportID(unchecked: [UInt8](repeating: 1, count: 16))

    @Test func idsStandInThePathsAsInDAP() {
        #expect(API.upload.path(task) == "/tasks/\(task.base64URL)/reports")
        #expect(
            API.receipt.path(task, report) == "/cairn/tasks/\(task.base64URL)/receipts/\(report.base64URL)")
        let name = String(repeating: "ab", count: 32)
        #expect(API.logBlob.path(HashName([UInt8](repeating: 0xAB, count: 32))) == "/log/blob/" + name)
        #expect(API.tile.path(TilePath("tile/0/x001/234.p/5")) == "/log/tile/0/x001/234.p/5")
        #expect(API.tile.path(TilePath("0/000")) == "/log/tile/0/000")
    }

    /// The example of DAP-18 section 3.
    @Test func identifiersExpandIntoURLs() throws {
        let task = try #require(TaskID(hex: "f0163447364ccf1bc0e3affcca6873c9c381f64acdf9020662f83f46c07219e7"))
        let job = try #require(AggregationJobID(hex: "95ceda51e1a9752368b0d961f9466128"))
        for base in ["https://example.com/api/dap", "https://example.com/api/dap/"] {
            #expect(
                API.job.url(at: base, task, ForeignID(job))
                    == "https://example.com/api/dap/tasks/8BY0RzZMzxvA46_8ymhzycOB9krN-QIGYvg_RsByGec/aggregation_jobs/"
                    + "lc7aUeGpdSNosNlh-UZhKA")
        }
    }

    /// A node's URL stands in a task with or without a slash at its end, and may have a path.
    @Test(arguments: [
        ("https://a.example", "https://a.example/healthz"), ("https://a.example/", "https://a.example/healthz"),
        ("https://a.example/b", "https://a.example/b/healthz"), ("https://a.example/b/", "https://a.example/b/healthz"),
    ])
    func urlsAreBelowTheServers(base: String, url: String) {
        #expect(API.health.url(at: base) == url)
    }

    @Test(arguments: [
        ("abc-_.~XYZ09", "abc-_.~XYZ09"), ("a/b", "a%2Fb"), ("../x", "..%2Fx"), ("a?b#c", "a%3Fb%23c"),
        ("%41", "%2541"), ("ä b", "%C3%A4%20b"), ("", ""),
    ])
    func idsOfOthersAreEscapedOnce(id: String, text: String) {
        #expect(API.job.path(task, ForeignID(id)) == "/tasks/\(task.base64URL)/aggregation_jobs/\(text)")
    }

    @Test func templatesAreReadAsTheyAreWritten() {
        let path: PathTemplate = "/a/{b}/c/{d...}"
        #expect(path.parts == [.literal("a"), .parameter("b"), .literal("c"), .rest("d")])
        #expect(path.description == "/a/{b}/c/{d...}" && path.parameters == ["b", "d"])
        #expect(path.shape == PathTemplate("/a/{x}/c/{y...}").shape)
        #expect(path.shape != PathTemplate("/a/b/c/{d...}").shape)
        #expect(path.below("/w").description == "/w/a/{b}/c/{d...}" && path.below("") == path)
    }

    @Test func noTwoResourcesHaveOneNameOrOneRequest() {
        #expect(Set(API.all.map(\.name)).count == API.all.count)
        for server in Resource.Server.allCases {
            let requests = API.served(by: [server]).map {
                $0.method.rawValue + $0.below(API.prefix(of: $0, at: server)).path.shape
            }
            #expect(Set(requests).count == requests.count, "\(server)")
        }
    }

    @Test func everyResourceIsOneThatItsServersCanHave() {
        for resource in API.all {
            let isAboutATask = resource.path.parameters.contains("task")
            #expect(!resource.servers.isEmpty, "\(resource.name)")
            #expect((resource.announcement != .ignored) == isAboutATask, "\(resource.name)")
            // Tokens belong to tasks.
            #expect(resource.caller == .anybody || isAboutATask, "\(resource.name)")
            #expect((resource.request == .nothing) == (resource.method != .post), "\(resource.name)")
            if case .one(let types, let bound, _) = resource.request {
                #expect(!types.isEmpty, "\(resource.name)")
                if case .task = bound { #expect(isAboutATask, "\(resource.name)") }
            }
            #expect(resource.refusals.isDisjoint(with: resource.commonRefusals), "\(resource.name)")
            #expect(resource.successes.allSatisfy { (200..<300).contains($0.status) }, "\(resource.name)")
        }
    }

    /// Whatever a client asks for, nobody has to wonder whether it may ask again.
    @Test func everyRequestMayBeRepeated() {
        for resource in API.all { #expect(resource.isRepeatable, "\(resource.name)") }
    }
}
