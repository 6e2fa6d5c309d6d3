/// When a node asks its peer again. Pure.
package enum HandshakeSchedule {
    /// Between two handshakes while all is well.
    package static let calm: Duration = .seconds(300)
    /// The longest pause while it is not.
    package static let longest: Duration = .seconds(60)

    /// - Parameters:
    ///   - troubles: how many handshakes in a row have left something to mend.
    ///   - jitter: 0 to 1.
    package static func pause(afterTroubles troubles: Int, jitter: Double) -> Duration {
        let base = troubles == 0 ? calm : min(.seconds(1 << min(troubles - 1, 6)), longest)
        return base * (0.8 + 0.4 * jitter)
    }
}
