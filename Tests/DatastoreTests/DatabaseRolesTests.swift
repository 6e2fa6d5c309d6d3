import Datastore
import Testing

@Suite struct DatabaseRolesTests {
    /// Every list of roles without repetition.
    private static let lists: [[DatabaseRole]] = DatabaseRole.allCases.flatMap { first in
        [[first]]
            + DatabaseRole.allCases.filter { $0 != first }.flatMap { second in
                [[first, second]]
                    + DatabaseRole.allCases.filter { $0 != first && $0 != second }.map { [first, second, $0] }
            }
    }

    @Test func aDatabaseTakesRolesOnAndLeavesNoneBehind() throws {
        #expect(Self.lists.count == 15)
        for claimed in Self.lists.compactMap({ DatabaseRoles($0) }) {
            #expect(DatabaseRoles.claimed(nil, by: claimed) == claimed)
            for known in Self.lists.compactMap({ DatabaseRoles($0) }) {
                let next = DatabaseRoles.claimed(known, by: claimed)
                guard Set(known.all).isSubset(of: claimed.all) else {
                    #expect(next == nil)
                    #expect(known.refusal(of: claimed).contains("the database is a \(known.all[0].rawValue)'s"))
                    continue
                }
                // What it was first it stays first: that is the role of rows that do not say theirs.
                #expect(next.map { Set($0.all) } == Set(claimed.all))
                #expect(next?.all.starts(with: known.all) == true)
            }
        }
    }

    @Test func whatIsStoredIsReadAgain() {
        for list in Self.lists {
            let roles = DatabaseRoles(list)
            #expect(roles.flatMap { DatabaseRoles(stored: $0.stored) } == roles)
        }
        for text in ["", "boss", "leader+", "leader+leader", "leader helper"] {
            #expect(DatabaseRoles(stored: text) == nil, "\(text)")
        }
        #expect(DatabaseRoles([]) == nil && DatabaseRoles([.leader, .leader]) == nil)
        #expect(DatabaseRoles([.helper, .leader])?.stored == "helper+leader")
        #expect(DatabaseRoles([.helper, .leader])?.former == .helper && DatabaseRoles([.witness])?.former == nil)
    }
}
