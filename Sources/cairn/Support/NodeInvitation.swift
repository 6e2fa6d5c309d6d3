import AggregatorNode
import Datastore
import Encodings
import Foundation

/// What the operator who sets up first gives to the other: the secrets that both nodes share, and what the other's
/// configuration has to say for the two to fit.
///
/// ```json
/// {
///   "aggregator_token": "<43 characters of base64url>",
///   "cairn_invitation": 1,
///   "log_origin": "example.org/cairn",
///   "peer_url": "https://leader.example.org/",
///   "psk": "<43 characters of base64url>",
///   "public_url": "https://helper.example.com/",
///   "role": "helper"
/// }
/// ```
/// Whoever reads it can act as either node towards the other, so it travels where only the two operators read.
struct NodeInvitation: Codable, Equatable {
    var cairnInvitation = 1
    /// Of the node that is invited.
    let role: String
    /// Where the inviting node expects the invited one.
    let publicUrl: String
    /// The inviting node.
    let peerUrl: String
    let logOrigin: String
    let psk: String
    let aggregatorToken: String

    static func read(_ path: String) throws -> NodeInvitation {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let bytes = try UserFile.read(path, limit: 1 << 16)
        guard let invitation = try? decoder.decode(NodeInvitation.self, from: Data(bytes)) else {
            throw CommandFailure(
                "\(path) is not an invitation", advice: "The other operator's `cairn node init` writes one.")
        }
        guard invitation.cairnInvitation == 1 else {
            throw CommandFailure(
                "\(path) has version \(invitation.cairnInvitation); this program reads version 1",
                advice: "Both operators need the same version of cairn.")
        }
        let secrets = [invitation.psk, invitation.aggregatorToken]
        guard NodeRole(rawValue: invitation.role) != nil, secrets.allSatisfy(isSecret) else {
            throw CommandFailure("\(path) is damaged", advice: "Have it sent again.")
        }
        return invitation
    }

    private static func isSecret(_ text: String) -> Bool {
        Base64.decodeURL(text)?.count == KeyFiles.secretSize
    }
}
