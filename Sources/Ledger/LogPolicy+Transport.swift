import DAP
import TransparencyLog

extension LogPolicy {
    /// Checks that the leader can ask every witness over TLS, or on this machine, as
    /// ``Tasks/TaskConfiguration/checkTransport()`` does for the aggregators.
    package func checkTransport() throws(InsecureEndpoint) {
        for witness in witnesses {
            if let url = witness.url { try EndpointRule.check(url) }
        }
    }
}
