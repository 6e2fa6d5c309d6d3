import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Attacks that must fail: proofs changed in any field, replayed elsewhere, or forged around what a challenge binds.
@Suite struct SigmaAttackTests {
    @Test func noFieldOfARistrettoProofCanChange() throws { try checkFields(Ristretto255TurboShake128.self) }
    @Test func noFieldOfAP256ProofCanChange() throws { try checkFields(P256Shake128.self) }

    /// Every element and scalar replaced by another valid one, by each invalid kind, and exchanged with its neighbours.
    private func checkFields<S: Ciphersuite>(_: S.Type) throws {
        typealias G = S.G
        var random = SeededGenerator()
        let proofs = SigmaProofs<S>(application: "test v1")
        for sample in try SampleRelation<G>.all(using: &random) {
            for flavor in SigmaProofs<S>.Flavor.allCases {
                let proof = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                func refused(_ changed: [UInt8], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
                    #expect(throws: SigmaError.self, "\(sample.name), \(what)", sourceLocation: sourceLocation) {
                        try proofs.verify(changed, of: sample.relation, flavor)
                    }
                    guard flavor == .batchable else { return }
                    #expect(throws: SigmaError.self, "\(sample.name), \(what)", sourceLocation: sourceLocation) {
                        try SigmaProofs<S>.verifyBatch([
                            .init(proofs: proofs, relation: sample.relation, proof: changed)
                        ])
                    }
                }
                let elementCount = flavor == .batchable ? sample.relation.equations.count : 0
                var fields = (0..<elementCount).map { $0 * G.elementSize..<($0 + 1) * G.elementSize }
                let start = elementCount * G.elementSize
                fields += (0..<(proof.count - start) / G.scalarSize).map {
                    start + $0 * G.scalarSize..<start + ($0 + 1) * G.scalarSize
                }
                for (index, field) in fields.enumerated() {
                    func replaced(by bytes: [UInt8]) -> [UInt8] {
                        var changed = proof
                        changed.replaceSubrange(field, with: bytes)
                        return changed
                    }
                    if index < elementCount {
                        let element = try G.decodeElement(proof[field])
                        refused(replaced(by: try G.encode(element + G.generator)), "element \(index) moved")
                        refused(replaced(by: try G.encode(-element)), "element \(index) negated")
                    } else {
                        let scalar = try G.decodeScalar(proof[field])
                        refused(replaced(by: G.encode(scalar + .one)), "scalar \(index) moved")
                        refused(replaced(by: G.encode(-scalar)), "scalar \(index) negated")
                        refused(replaced(by: G.encode(G.Scalar.zero)), "scalar \(index) zero")
                    }
                    refused(replaced(by: [UInt8](repeating: 0xFF, count: field.count)), "field \(index) not canonical")
                    refused(replaced(by: [UInt8](repeating: 0, count: field.count)), "field \(index) zero")
                    if index + 1 < fields.count, fields[index + 1].count == field.count {
                        let next = fields[index + 1]
                        let exchanged: [[UInt8]] = [
                            Array(proof[..<field.lowerBound]), Array(proof[next]), Array(proof[field]),
                            Array(proof[next.upperBound...]),
                        ]
                        refused(Array(exchanged.joined()), "field \(index) exchanged with the next")
                    }
                }
                refused(Array(proof.dropLast()), "a byte short")
                refused(proof + [0], "a byte long")
                refused([], "empty")
            }
        }
    }

    @Test func noBitOfAProofCanChange() throws {
        var random = SeededGenerator()
        let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "test v1")
        for sample in try SampleRelation<Ristretto255Group>.all(using: &random) {
            for flavor in SigmaProofs<Ristretto255TurboShake128>.Flavor.allCases {
                let proof = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                for bit in 0..<proof.count * 8 {
                    var changed = proof
                    changed[bit / 8] ^= 1 << (bit % 8)
                    #expect(throws: SigmaError.self, "\(sample.name), bit \(bit)") {
                        try proofs.verify(changed, of: sample.relation, flavor)
                    }
                }
            }
        }
    }

    /// A scalar plus the group order is the same residue; accepting it would make proofs malleable.
    @Test func aScalarPlusTheOrderIsRefused() throws {
        typealias G = Ristretto255Group
        var random = SeededGenerator()
        let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "test v1")
        let sample = try SampleRelation<G>.discreteLogarithm(&random)
        let order = try bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        let proof = try proofs.prove(sample.relation, witness: sample.witness, .compact, using: &random)
        for field in [0, 32] {
            var (changed, carry) = (proof, 0)
            for index in 0..<32 {
                let sum = Int(proof[field + index]) + Int(order[index]) + carry
                changed[field + index] = UInt8(truncatingIfNeeded: sum)
                carry = sum >> 8
            }
            #expect(throws: SigmaError.malformed(.nonCanonicalScalar)) {
                try proofs.verify(changed, of: sample.relation, .compact)
            }
        }
    }

    @Test func proofsAreWorthNothingUnderAnotherLabelOrFlavor() throws {
        typealias Proofs = SigmaProofs<Ristretto255TurboShake128>
        var random = SeededGenerator()
        let proofs = Proofs(application: "claims v1 audience A")
        for sample in try SampleRelation<Ristretto255Group>.all(using: &random) {
            for flavor in Proofs.Flavor.allCases {
                let proof = try proofs.prove(sample.relation, witness: sample.witness, flavor, using: &random)
                for label in ["claims v1 audience B", "claims v1 audience ", "", "claims v1 audience A-DSFS"] {
                    #expect(throws: SigmaError.rejected, "\(label)") {
                        try Proofs(application: label).verify(proof, of: sample.relation, flavor)
                    }
                }
                let other: Proofs.Flavor = flavor == .compact ? .batchable : .compact
                #expect(throws: SigmaError.self) { try proofs.verify(proof, of: sample.relation, other) }
            }
        }
    }

    /// Any other element, coefficient, index or order of equations is another statement, and moves the challenge.
    @Test func everyPartOfTheStatementIsBound() throws {
        typealias G = Ristretto255Group
        typealias Relation = LinearRelation<G>
        var random = SeededGenerator()
        let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "test v1")
        for sample in try SampleRelation<G>.all(using: &random) {
            let relation = sample.relation
            var statements: [Relation] = []
            for index in relation.elements.indices.dropFirst() {
                var elements = relation.elements
                elements[index] = elements[index] + G.generator
                statements.append(try Relation(elements: elements, equations: relation.equations))
            }
            for (equation, content) in relation.equations.enumerated() {
                for term in content.image.indices {
                    var equations = relation.equations
                    equations[equation].image[term].coefficient += 1
                    statements.append(try Relation(elements: relation.elements, equations: equations))
                }
                for term in content.terms.indices {
                    var equations = relation.equations
                    equations[equation].terms[term].coefficient += 1
                    statements.append(try Relation(elements: relation.elements, equations: equations))
                }
            }
            if relation.equations.count > 1 {
                statements.append(
                    try Relation(elements: relation.elements, equations: relation.equations.reversed()))
            }
            for flavor in SigmaProofs<Ristretto255TurboShake128>.Flavor.allCases {
                let proof = try proofs.prove(relation, witness: sample.witness, flavor, using: &random)
                let commitment = Array(proof.prefix(32))
                let challenge = proofs.challenge(flavor, relation, commitment: commitment)
                for (index, statement) in statements.enumerated() {
                    #expect(throws: SigmaError.rejected, "\(sample.name), change \(index)") {
                        try proofs.verify(proof, of: statement, flavor)
                    }
                    #expect(proofs.challenge(flavor, statement, commitment: commitment) != challenge)
                }
            }
        }
    }

    /// 'Frozen Heart': were the public value m outside the challenge, a prover could choose m last and prove that its
    /// commitment to a opens to m = a + t/c.
    @Test func aPublicValueChosenAfterTheChallengeProvesNothing() throws {
        typealias G = Ristretto255Group
        var random = SeededGenerator()
        let proofs = SigmaProofs<Ristretto255TurboShake128>(application: "test v1")
        let base = SampleRelation<G>.point(&random)
        let (a, b) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        let (t, u) = (G.randomScalar(using: &random), G.randomScalar(using: &random))
        let commitment = G.multiScalar([a, b], [G.generator, base])
        let first = G.multiScalar([t, u], [G.generator, base])
        let firstBytes = try G.encode(first)

        // The challenge that a transcript gives before m is known.
        let early = try SampleRelation<G>.opensTo(0, base: base, commitment: commitment)
        let challenge = proofs.challenge(.batchable, early, commitment: firstBytes)
        let late = try SampleRelation<G>.opensTo(a + t * challenge.inverted(), base: base, commitment: commitment)
        let response = [u + challenge * b]
        #expect(
            SigmaProtocol<G>.accepts(late, commitment: [first], challenge: challenge, response: response),
            "the forgery satisfies the equation under the early challenge")
        #expect(proofs.challenge(.batchable, late, commitment: firstBytes) != challenge)
        #expect(throws: SigmaError.rejected) {
            try proofs.verify(firstBytes + G.encode(response), of: late, .batchable)
        }
        #expect(throws: SigmaError.rejected) {
            try proofs.verify(G.encode([challenge] + response), of: late, .compact)
        }
    }
}
