import DAP
import Datastore
import Encodings

// What each finding says. Text that came from the peer is quoted: it may hold anything.

extension HandshakeFinding {
    package static func wrongRole(own: NodeRole, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .role, .contradiction, reach: .everything, reason: "The two aggregators do not have the two roles.",
            advice:
                "\(words.url) leads to a node that is a \(own.rawValue) as well, perhaps to this one itself: set "
                + "\(words.role) and the peer's URL at both nodes right")
    }

    package static func token(absent: Bool, own: NodeRole, _ words: PeerWords) -> HandshakeFinding {
        let lost =
            absent
            ? "\(words.peer) got no bearer token from this node: a proxy in between drops the Authorization header"
            : "\(words.tokens): the two nodes have different tokens"
        return HandshakeFinding(
            .token, .contradiction, reach: .everything,
            reason: "The two aggregators of this task do not recognise each other.",
            advice: lost
                + (absent
                    ? "; let it through"
                    : "; copy the file from one node to the other, and restart both, which read it at their start"))
    }

    package static func psk(_ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .psk, .contradiction, reach: .nothing,
            reason: "The two aggregators do not have the same secret.",
            advice:
                "\(words.secrets): the two nodes have different pre-shared keys, so tasks that are added now get different "
                + "verification keys; copy the file from one node to the other, then run `cairn node task add` again, at the node "
                + "whose file was changed, for each task that was added with the wrong one (no restart is needed)")
    }

    package static func peerURL(configured: String, stated: String, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .peerURL, .warning, reach: .nothing,
            reason: "The two aggregators have different addresses for one of them.",
            advice:
                "\(words.url) is \(configured), the peer's own public_url is \(stated.quotedForPeople): tasks that name "
                + "one of them are refused where the other is configured")
    }

    /// - Parameter isLeader: a helper that has another address for its leader does not read its log.
    package static func publicURL(own: String, believed: String, isLeader: Bool, _ words: PeerWords) -> HandshakeFinding
    {
        HandshakeFinding(
            .publicURL, isLeader ? .contradiction : .warning, reach: isLeader ? .committed : .nothing,
            reason: "The two aggregators have different addresses for one of them.",
            advice:
                "public_url here is \(own), \(words.peer) has \(believed.quotedForPeople) as this node's URL: set them to the same "
                + "URL" + (isLeader ? ", at which the helper also reads the log" : ""))
    }

    package static func logOrigin(own: String, peer: String, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .logOrigin, .contradiction, reach: .committed,
            reason: "The two aggregators do not name the same log.",
            advice:
                "\(words.logOrigin) here is \(own.quotedForPeople), what \(words.peer) has is \(peer.quotedForPeople): it is the name of the "
                + "leader's log and must be the same in both configurations")
    }

    package static func clock(skew: Int, isTooMuch: Bool, _ words: PeerWords) -> HandshakeFinding {
        let side = skew > 0 ? "ahead of" : "behind"
        return HandshakeFinding(
            .clock, isTooMuch ? .contradiction : .warning, reach: isTooMuch ? .everything : .nothing,
            reason: "The clocks of the two aggregators differ by \(abs(skew)) seconds.",
            advice: "the clock of \(words.peer) is \(abs(skew)) s \(side) this node's: set both by NTP")
    }

    /// Whoever has both nodes' keys sees every input.
    package static func sameNode(_ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .role, .contradiction, reach: .everything,
            reason: "The two aggregators of this task have the same keys.",
            advice:
                "\(words.peer) has this node's own statement key: \(words.url) leads to this node itself, or its data_dir was "
                + "copied from here. Give it keys of its own; tasks with one node as both aggregators hide nothing")
    }

    package static func taskUnknown(_ id: TaskID, own: NodeRole, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .taskUnknown, .unready, reach: .everything,
            reason: "The \(own.peer.rawValue) does not serve this task yet.",
            advice:
                "\(words.peer) does not serve task \(id.base64URL): have its operator run `cairn node task add` with the same "
                + "task file")
    }

    package static func taskEnded(_ id: TaskID, own: NodeRole, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .taskEnded, .contradiction, reach: .everything,
            reason: "The \(own.peer.rawValue) has ended this task.",
            advice:
                "the operator of \(words.peer) has ended task \(id.base64URL) (`cairn node task remove`): end it here as well, or "
                + "have it added there again")
    }

    package static func verifyKey(_ id: TaskID, samePSK: Bool, _ words: PeerWords) -> HandshakeFinding {
        let advice =
            samePSK
            ? "the pre-shared keys are the same now, so one node has added task \(id.base64URL) with another one: run "
                + "`cairn node task add` with its file again at both, which replaces a key that has done nothing yet"
            : "task \(id.base64URL) has different verification keys at the two nodes, because their pre-shared keys "
                + "(\(words.secrets)) differ: copy the file from one to the other, then run `cairn node task add` again where it "
                + "was changed"
        return HandshakeFinding(
            .verifyKey, .contradiction, reach: .everything,
            reason: "The two aggregators of this task do not have the same verification key.", advice: advice)
    }

    package static func statementKey(
        _ id: TaskID, own: NodeRole, task: [UInt8], peer: [UInt8], _ words: PeerWords
    ) -> HandshakeFinding {
        HandshakeFinding(
            .statementKey, .contradiction, reach: .everything,
            reason: "The \(own.peer.rawValue) does not have the key that this task names.",
            advice:
                "task \(id.base64URL) names the \(own.peer.rawValue)'s statement key \(Hex.encode(task)), \(words.peer) has "
                + "\(Hex.encode(peer)): if its keys were made anew (`cairn node restored`), the task has ended; make a new one"
        )
    }

    package static func logKey(_ id: TaskID, own: NodeRole, peer: String, _ words: PeerWords) -> HandshakeFinding {
        let what =
            own == .leader
            ? "the log policy of task \(id.base64URL) does not name the helper's witness key"
            : "task \(id.base64URL) names another log key than the leader's"
        return HandshakeFinding(
            .logKey, .contradiction, reach: .everything,
            reason: "The \(own.peer.rawValue) does not have the key that this task names.",
            advice:
                "\(what) \(peer.quotedForPeople), which \(words.peer) has: have its operator put the right key file back, or make a "
                + "new task"
        )
    }

    package static func plainPeer(own: NodeRole, answer: String, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .plainPeer, .contradiction, reach: .cairn,
            reason: "This task needs a Cairn \(own.peer.rawValue), and there is none.",
            advice:
                "\(words.peer) answers \(answer) to POST /cairn/handshake: it is a plain DAP aggregator, which can take part in "
                + "plain tasks only, or an old version of Cairn, or a proxy in front of it does not pass /cairn/ on"
        )
    }

    package static func unreachable(_ reason: String, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .unreachable, .unready, reach: .nothing, reason: "The other aggregator does not answer.",
            advice: "\(words.peer) does not answer (\(reason)): see that it runs, and that \(words.url) leads to it")
    }

    package static func hidden(_ answer: String, _ words: PeerWords) -> HandshakeFinding {
        HandshakeFinding(
            .hidden, .warning, reach: .nothing, reason: "The other aggregator does not answer.",
            advice:
                "\(words.peer), which has answered handshakes before, answers \(answer) to POST /cairn/handshake: a proxy in front "
                + "of it does not pass /cairn/ on, or it was put back to a version that does not know the handshake; what "
                + "was known about the tasks stays")
    }
}
