import Datastore
import Testing

/// The numbers of states are in databases, so they are for ever.
struct StateLiteralTests {
    @Test func theNumbersOfStatesStay() {
        #expect(
            StateLiterals.all == [
                "ReportState": ["received": 0, "aggregating": 1, "accepted": 2, "rejected": 3, "withdrawn": 4],
                "HelperReportState": ["accepted": 0, "left": 3],
                "BatchState": ["open": 0, "closing": 1, "collected": 2, "disputed": 3, "lost": 4, "closed": 5],
                "JobState": ["pending": 0, "ended": 1, "forming": 2],
                "HelperJobKept": ["passing": -1, "nothing": 0, "first": 1, "again": 2],
                "CollectionState": [
                    "waiting": 0, "sealed": 1, "closed": 2, "shareReceived": 3, "published": 4, "finished": 5,
                    "failed": 6,
                ],
                "QueuedWord": [
                    "task": 0, "leaf": 1, "rejected": 2, "withdrawal": 3, "close": 4, "batch": 5, "submission": 6,
                ],
            ])
    }

    /// A statement names states by their names: a number in a text says nothing to whoever changes the states.
    @Test func noStatementHasTheNumberOfAState() {
        for literal in StoreSources.all.literals {
            for piece in literal.pieces {
                let found = piece.firstMatch(of: /(?:^|\W)state (?:=|<>|<|>|<=|>=|IN \()\s*\d/)
                #expect(found == nil, "\(literal.file): \(piece)")
            }
        }
    }

    @Test func theSourcesNameOnlyStatesThatThereAre() {
        for literal in StoreSources.all.literals {
            for insertion in literal.insertions where insertion.contains(/^[A-Z]\w+\.(\w+\.sql$|sql\(\.)/) {
                #expect(StateNames.literal(insertion) != nil, "\(literal.file): \(insertion)")
            }
        }
    }
}
