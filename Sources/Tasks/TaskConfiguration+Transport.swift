import DAP

extension TaskConfiguration {
    /// Checks that everything that is sent to the task's aggregators goes over TLS, or stays on this machine.
    ///
    /// It stands beside ``validated()``, not in it: whoever makes a task, opts into one or contributes to it asks, but the
    /// log of a task with whatever URLs is audited as it always was.
    ///
    /// - Throws: ``DAP/InsecureEndpoint``, the first URL that is at fault.
    public func checkTransport() throws(InsecureEndpoint) {
        try EndpointRule.check(leaderURL)
        try EndpointRule.check(helperURL)
    }
}
