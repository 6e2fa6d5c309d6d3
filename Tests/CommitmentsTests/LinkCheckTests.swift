import Commitments
import Ristretto255
import TestSupport
import Testing
import VDAF

/// The batched link check finds exactly the bad reports, whatever is wrong with them and however many there are.
@Suite struct LinkCheckTests {
    /// A generator that always gives the same words: with weights all one, the check is a plain sum.
    private struct ConstantGenerator: RandomNumberGenerator {
        var words: [UInt64]
        var position = 0
        mutating func next() -> UInt64 {
            position += 1
            return words[(position - 1) % words.count]
        }
    }

    private func honest<Field: FieldElement>(
        _ count: Int, length: Int, field: Field.Type, _ random: inout SeededGenerator
    ) -> [LinkClaim<Field>] {
        (0..<count).map { index in
            let coordinates = (0..<length).map { position in
                // The largest element now and then, for the widest sums.
                (index + position) % 5 == 0
                    ? -Field.one : Field(reducing: UInt128.random(in: 0...UInt128.max, using: &random))
            }
            let blind = Scalar.random(using: &random)
            let commitment = PedersenVector.commit(values: coordinates.map(\.canonicalValue), blind: blind)
            return LinkClaim(commitment: commitment, coordinates: coordinates, blind: blind)
        }
    }

    private func with<Field>(
        _ claim: LinkClaim<Field>, commitment: RistrettoPoint? = nil, coordinates: [Field]? = nil, blind: Scalar? = nil
    ) -> LinkClaim<Field> {
        LinkClaim(
            commitment: commitment ?? claim.commitment, coordinates: coordinates ?? claim.coordinates,
            blind: blind ?? claim.blind)
    }

    @Test(arguments: [0, 1, 2, 3, 40])
    func honestJobsPassInBothFields(count: Int) {
        var random = SeededGenerator()
        #expect(LinkCheck.failingLinks(honest(count, length: 7, field: Field64.self, &random), rng: &random).isEmpty)
        let claims = honest(count, length: 7, field: Field128.self, &random)
        #expect(LinkCheck.failingLinks(claims, rng: &random).isEmpty)
    }

    /// More coordinates than one block of the accumulation, and the largest weights there are.
    @Test func longVectorsAndExtremeWeightsAreAddedRight() {
        var random = SeededGenerator()
        var extreme = ConstantGenerator(words: [.max])
        let wide = honest(3, length: 2_100, field: Field128.self, &random)
        #expect(LinkCheck.failingLinks(wide, rng: &extreme).isEmpty)
        let narrow = honest(3, length: 2_100, field: Field64.self, &random)
        #expect(LinkCheck.failingLinks(narrow, rng: &extreme).isEmpty)
        var claims = wide
        var coordinates = claims[1].coordinates
        coordinates[2_099] += .one
        claims[1] = with(claims[1], coordinates: coordinates)
        #expect(LinkCheck.failingLinks(claims, rng: &random) == [1])
    }

    @Test(arguments: [0, 1, 49, 50, 98, 99])
    func oneBadReportAmongAHundredIsNamed(position: Int) {
        var random = SeededGenerator()
        let claims = honest(100, length: 5, field: Field128.self, &random)
        let bad = claims[position]

        var otherValue = bad.coordinates
        otherValue[3] += .one
        let attacks = [
            with(bad, coordinates: otherValue),
            with(bad, blind: bad.blind + .one),
            with(bad, blind: .zero),
            with(bad, commitment: bad.commitment + .generator),
            with(bad, commitment: claims[(position + 1) % 100].commitment),
        ]
        for attack in attacks {
            var job = claims
            job[position] = attack
            #expect(LinkCheck.failingLinks(job, rng: &random) == [position])
            #expect(LinkCheck.failingLinks([attack], rng: &random) == [0])
        }
    }

    @Test func allBadReportsAreNamed() {
        var random = SeededGenerator()
        let claims = honest(100, length: 5, field: Field64.self, &random).map { claim in
            with(claim, commitment: claim.commitment + Scalar.random(using: &random) * RistrettoPoint.generator)
        }
        #expect(LinkCheck.failingLinks(claims, rng: &random) == Array(0..<100))
    }

    @Test func anySetOfBadReportsIsNamedExactly() {
        var random = SeededGenerator()
        let claims = honest(32, length: 4, field: Field128.self, &random)
        for _ in 0..<20 {
            let bad = (0..<32).filter { _ in UInt8.random(in: 0..<4, using: &random) == 0 }
            var job = claims
            for position in bad {
                job[position] = with(job[position], blind: job[position].blind - .one)
            }
            #expect(LinkCheck.failingLinks(job, rng: &random) == bad)
        }
    }

    /// Longer than the blocks that threads share.
    @Test func threadsAndLongVectorsNameTheSameReports() {
        var random = SeededGenerator()
        let claims = honest(6, length: 1_300, field: Field128.self, &random)
        let narrow = honest(6, length: 1_300, field: Field64.self, &random)
        var job = claims
        var last = job[4].coordinates
        last[1_299] += .one
        job[4] = with(job[4], coordinates: last)
        for threads in [1, 2, 7] {
            #expect(LinkCheck.failingLinks(claims, rng: &random, threads: threads).isEmpty)
            #expect(LinkCheck.failingLinks(narrow, rng: &random, threads: threads).isEmpty)
            #expect(LinkCheck.failingLinks(job, rng: &random, threads: threads) == [4])
        }
    }

    /// Two defects that cancel in a plain sum, as two colluding clients can make them.
    @Test func defectsThatCancelAreCaughtByTheWeights() {
        var random = SeededGenerator()
        var job = honest(10, length: 4, field: Field128.self, &random)
        let defect = Scalar.random(using: &random) * RistrettoPoint.generator
        job[2] = with(job[2], commitment: job[2].commitment + defect)
        job[7] = with(job[7], commitment: job[7].commitment - defect)

        // With known weights, here all one, they go through: it is the secret weights that catch them.
        var allOnes = ConstantGenerator(words: [1, 0])
        #expect(LinkCheck.failingLinks(job, rng: &allOnes).isEmpty)
        #expect(LinkCheck.failingLinks(job, rng: &random) == [2, 7])
    }

    @Test func swappedCommitmentsAndSwappedBlindsAreCaught() {
        var random = SeededGenerator()
        let claims = honest(10, length: 4, field: Field128.self, &random)
        var swapped = claims
        swapped[1] = with(claims[1], commitment: claims[8].commitment)
        swapped[8] = with(claims[8], commitment: claims[1].commitment)
        #expect(LinkCheck.failingLinks(swapped, rng: &random) == [1, 8])
        swapped = claims
        swapped[3] = with(claims[3], blind: claims[4].blind)
        swapped[4] = with(claims[4], blind: claims[3].blind)
        #expect(LinkCheck.failingLinks(swapped, rng: &random) == [3, 4])
    }

    /// A commitment to x_k + p opens to the same field element and to another integer.
    @Test func commitmentsToShiftedIntegersAreCaught() {
        var random = SeededGenerator()
        var job = honest(6, length: 4, field: Field64.self, &random)
        let shift = Scalar(Field64.modulus) * Generators.shared.prefix(3)[2]
        job[5] = with(job[5], commitment: job[5].commitment + shift)
        #expect(LinkCheck.failingLinks(job, rng: &random) == [5])
    }
}
