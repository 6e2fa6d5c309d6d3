import DAP
import Encodings
import TestSupport
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: MediaType.allCases)
    func headersRoundTrip(_ type: MediaType) {
        #expect(type.headerValue == "application/ppm-dap;message=\(type.rawValue)")
        #expect(MediaType(header: type.headerValue) == type)
    }

    @Test func whiteSpaceCaseQuotesAndOtherParametersDoNotMatter() {
        for header in [
            "application/ppm-dap; message=upload-req", "Application/PPM-DAP ;\tMESSAGE=upload-req",
            "application/ppm-dap;message=\"upload-req\"", "application/ppm-dap;version=18;message=upload-req;",
        ] {
            #expect(MediaType(header: header) == .uploadReq, "\(header)")
        }
        #expect(MediaType.versionHint(header: "application/ppm-dap;message=upload-req;version=09") == "09")
        #expect(MediaType.versionHint(header: "application/ppm-dap;message=upload-req") == nil)
    }

    @Test func otherTypesAreRefused() {
        for header in [
            "", ";", "application/json", "application/ppm-dap", "application/ppm-dap;message",
            "text/plain;message=upload-req",
            "application/ppm-dap;message=upload", "application/ppm-dap;message=",
            "application/ppm-dap;message=upload-req;message=upload-errors", "application/ppm-dapx;message=upload-req",
            "application/ppm-dap;message=\"upload-req",
        ] {
            #expect(MediaType(header: header) == nil, "\(header)")
        }
    }

    /// A Greek question mark is a semicolon to Swift and to nobody else, and an accent hides one from Swift alone.
    @Test func headersAreReadByteByByte() {
        #expect(MediaType(header: "application/ppm-dap\u{37E}message=upload-req") == nil)
        #expect(MediaType(header: "application/ppm-dap;message=upload-req\u{37E}version=18") == nil)
        #expect(MediaType(header: "application/ppm-dap;message=upload-req;\u{301}x=y") == .uploadReq)
        #expect(MediaType.essence(of: " Application/Problem+JSON ; charset=x") == "application/problem+json")
        #expect(MediaType.essence(of: "text/html\u{37E}x") != "text/html")
        #expect(MediaType.versionHint(header: "application/ppm-dap;message=upload-req;version=\u{301}") == "\u{301}")
        #expect(MediaType.versionHint(header: "application/ppm-dap;message=upload-req;version==") == "=")
    }
}

@Suite struct ProblemDocumentTests {
    @Test(arguments: DAPErrorType.allCases)
    func documentsRoundTrip(_ type: DAPErrorType) throws {
        let document = ProblemDocument(
            type, detail: "a \"detail\" / with\nlines", taskID: .random(), unsupportedExtensions: [23, 42])
        let read = try ProblemDocument(json: document.json())
        #expect(read == document)
        #expect(read.type == type)
        #expect(type.urn == "urn:ietf:params:ppm:dap:error:\(type.rawValue)")
        #expect((400..<500).contains(type.defaultStatus))
    }

    @Test func membersAreTheStandards() throws {
        let task = try #require(TaskID(base64URL: "8BY0RzZMzxvA46_8ymhzycOB9krN-QIGYvg_RsByGec"))
        let text = String(
            decoding: ProblemDocument(.unsupportedExtension, taskID: task, unsupportedExtensions: [23, 42]).json(),
            as: UTF8.self)
        #expect(text.contains(#""type":"urn:ietf:params:ppm:dap:error:unsupportedExtension""#))
        #expect(text.contains(#""taskid":"8BY0RzZMzxvA46_8ymhzycOB9krN-QIGYvg_RsByGec""#))
        #expect(text.contains(#""unsupported_extensions":[23,42]"#))
        #expect(text.contains(#""status":400"#))
        #expect(!text.contains("detail"))
    }

    @Test func foreignDocumentsAreReadAsFarAsTheyGo() throws {
        let foreign = try ProblemDocument(
            json: Array(#"{"type":"urn:other","status":"x","taskid":5,"unsupported_extensions":[70000,1]}"#.utf8))
        #expect(foreign.type == nil && foreign.typeURI == "urn:other" && foreign.status == nil && foreign.taskID == nil)
        #expect(foreign.unsupportedExtensions == [1])
        #expect(try ProblemDocument(json: Array("{}".utf8)).typeURI == "about:blank")
        for text in ["{}", #"{"detail":""}"#, #"{"type":"","title":"","detail":""}"#] {
            #expect(try ProblemDocument(json: Array(text.utf8)).description == "error without description", "\(text)")
        }
        for text in ["", "[]", "5", "{", "\"x\""] {
            #expect(throws: CodecError.self) { try ProblemDocument(json: Array(text.utf8)) }
        }
    }
}

@Suite struct ChecksumTests {
    @Test func addingAReportTwiceTakesItOut() {
        var generator = SeededGenerator()
        let ids = (0..<5).map { _ in ReportID.random(using: &generator) }
        var forward = Checksum()
        var backward = Checksum()
        for id in ids { forward.toggle(id) }
        for id in ids.reversed() { backward.toggle(id) }
        #expect(forward == backward && forward != Checksum())
        var part = Checksum()
        part.toggle(ids[0])
        forward.combine(part)
        for id in ids.dropFirst() { forward.toggle(id) }
        #expect(forward == Checksum(), "seed \(generator.seed)")
    }

    /// SHA-256 of 16 zero bytes, computed with sha256sum.
    @Test func theChecksumOfOneReportIsTheHashOfItsID() {
        var checksum = Checksum()
        checksum.toggle(ReportID(unchecked: [UInt8](repeating: 0, count: 16)))
        #expect(Hex.encode(checksum.bytes) == "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb")
    }
}

@Suite struct QueryTests {
    @Test func configurationsMustFitTheBatchMode() throws {
        let interval = Interval(start: 5, duration: 3)
        #expect(try Query.timeInterval(interval).interval() == interval)
        #expect(try Query.leaderSelected.interval() == nil)
        #expect(throws: CodecError.self) { try Query(batchMode: .timeInterval, config: [1]).interval() }
        #expect(throws: CodecError.self) { try Query(batchMode: .leaderSelected, config: [1]).interval() }
        let id = BatchID.random()
        #expect(try BatchSelector.leaderSelected(id).batch() == .leaderSelected(id))
        #expect(throws: CodecError.self) { try BatchSelector(batchMode: .leaderSelected, config: [1]).batch() }
    }

    @Test func aSelectorMustLieInsideItsQuery() {
        let query = Query.timeInterval(Interval(start: 10, duration: 5))
        for (start, duration, isConsistent) in [
            (10, 5, true), (11, 4, true), (12, 1, true), (9, 5, false), (10, 6, false),
            (14, 2, false), (15, 1, false), (10, 0, false), (UInt64.max, 2, false),
        ] as [(UInt64, UInt64, Bool)] {
            let selector = BatchSelector.timeInterval(Interval(start: start, duration: duration))
            #expect(selector.isConsistent(with: query) == isConsistent, "\(start), \(duration)")
        }
        let selected = BatchSelector.leaderSelected(.random())
        #expect(selected.isConsistent(with: .leaderSelected))
        #expect(!selected.isConsistent(with: query))
        #expect(!selected.isConsistent(with: Query(batchMode: .leaderSelected, config: [1])))
        #expect(!BatchSelector.timeInterval(Interval(start: 10, duration: 1)).isConsistent(with: .leaderSelected))
        #expect(!BatchSelector(batchMode: .leaderSelected, config: [1]).isConsistent(with: .leaderSelected))
    }

    @Test func jobExtensionsAreCheckedAsTheStandardSays() throws {
        func job(_ extensions: [Extension]) -> AggregationJobInitReq {
            AggregationJobInitReq(
                verificationKeyID: 0, aggregationParameter: [], extensions: extensions, verifyInits: [])
        }
        let id = BatchID.random()
        let batch = AggregationJobInitReq.leaderSelectedBatchID(id)
        #expect(try job([batch]).checkedBatchID(mode: .leaderSelected) == id)
        #expect(try job([]).checkedBatchID(mode: .timeInterval) == nil)
        #expect(throws: AggregationJobExtensionError.unsupported([7])) {
            try job([batch, Extension(type: 7, data: [])]).checkedBatchID(mode: .leaderSelected)
        }
        for (extensions, mode) in [
            ([], .leaderSelected), ([batch], .timeInterval), ([batch, batch], .leaderSelected),
            ([Extension(type: 1, data: [1])], .leaderSelected),
        ] as [([Extension], BatchMode)] {
            let error = #expect(throws: AggregationJobExtensionError.self) {
                try job(extensions).checkedBatchID(mode: mode)
            }
            guard case .invalid? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }
}
