import DAP
import Encodings
import Ledger
import Ristretto255
import TaskTypes
import ZeroKnowledge

/// A commitment to the credit v of one report, with a proof that it is one:
///
///     struct {
///         opaque note[32];                        /* K = v·B + t·H */
///         opaque linear_form_proof<1..2^16-1>;    /* K + c·B commits to ⟨f·λ, x⟩, x behind the report's commitments */
///         opaque range_proof<1..2^16-1>;          /* v - v_min and v_max - v are below 2^64 */
///     } CreditNote;
///
/// Both proofs are for the application `cairn credit note v1 ‖ hex(leaf hash)`, so a note belongs to one report. A note
/// says nothing about v; whoever holds the report's opening can make any number of them.
package struct CreditNote: WireMessage, Equatable {
    package let commitment: [UInt8]
    package let linearForm: [UInt8]
    package let range: [UInt8]

    package init(commitment: [UInt8], linearForm: [UInt8], range: [UInt8]) {
        self.commitment = commitment
        self.linearForm = linearForm
        self.range = range
    }

    package init(from reader: inout ByteReader) throws(CodecError) {
        commitment = try reader.bytes(32, "note")
        linearForm = try reader.opaque16("linear_form_proof", allowEmpty: false)
        range = try reader.opaque16("range_proof", allowEmpty: false)
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(commitment)
        writer.opaque16(linearForm)
        writer.opaque16(range)
    }

    static let rangeBits = RangeStatement.Bits.sixtyFour

    package static func application(leafHash: [UInt8]) -> String {
        "cairn credit note v1 " + Hex.encode(leafHash)
    }
}

/// What opens a note: v and t.
struct NoteOpening {
    var value: Int64
    var blind: Scalar
}

extension CreditNote {
    /// Makes a note about a report.
    ///
    /// - Throws: `.wrongInput` if the opening is not that of the report's commitments.
    static func make(
        _ report: LoggedReport, weights: CreditWeights, opening: ReportOpening,
        using generator: inout some RandomNumberGenerator
    ) throws(CreditError) -> (note: CreditNote, opening: NoteOpening) {
        let input = try weights.input(of: opening)
        guard opening.blinds.count == 2 else { throw .wrongInput("it is not the opening of a report") }
        let value = try weights.value(of: input)
        let blinds: [Scalar]
        do {
            blinds = [try Scalar.decode(opening.blinds[0]), try Scalar.decode(opening.blinds[1])]
        } catch {
            throw .wrongInput("its blinding factors are no scalars")
        }
        let noteBlind = Scalar.random(using: &generator)
        let bases = NoteBases.shared
        let note = Scalar(signed: value) * bases.value + noteBlind * bases.blind
        let committed = try weights.inputCommitment(of: report)
        let application = application(leafHash: report.leafHash)
        do throws(ProofError) {
            let statement = try weights.statement(input: committed, note: note)
            let linearForm = try LinearFormProofs(application: application).prove(
                statement, values: input, blind: blinds[0] + blinds[1], noteBlind: noteBlind,
                using: &generator)
            let range = try RangeProofs(application: application).prove(
                rangeStatement(note: note, range: weights.range), values: Self.distances(value, weights.range),
                blinds: [noteBlind, -noteBlind], using: &generator)
            return (
                CreditNote(commitment: note.compressed().bytes, linearForm: linearForm.bytes, range: range.bytes),
                NoteOpening(value: value, blind: noteBlind)
            )
        } catch .falseWitness {
            throw .wrongInput("it does not open the report's commitments")
        } catch {
            throw .wrongInput("\(error)")
        }
    }

    /// v - v_min and v_max - v.
    private static func distances(_ value: Int64, _ range: ClosedRange<Int64>) -> [UInt64] {
        [UInt64(bitPattern: value &- range.lowerBound), UInt64(bitPattern: range.upperBound &- value)]
    }

    /// What commits to them.
    static func rangeStatement(
        note: RistrettoPoint, range: ClosedRange<Int64>
    ) throws(ProofError) -> RangeStatement {
        let base = NoteBases.shared.value
        return try RangeStatement(
            bits: rangeBits,
            commitments: [
                note - Scalar(signed: range.lowerBound) * base, Scalar(signed: range.upperBound) * base - note,
            ])
    }

    /// The point K, and the proofs that have to hold.
    ///
    /// - Throws: `.refused(.proof, …)` if a part is malformed.
    func entries(
        _ report: LoggedReport, weights: CreditWeights
    ) throws(CreditError) -> (point: RistrettoPoint, proofs: [any BatchVerifiable]) {
        do {
            let point = try Ristretto255Group.decodeElement(commitment[...])
            let application = Self.application(leafHash: report.leafHash)
            let statement = try weights.statement(input: weights.inputCommitment(of: report), note: point)
            return (
                point,
                [
                    LinearFormProofs.BatchEntry(
                        proofs: LinearFormProofs(application: application), statement: statement,
                        proof: try LinearFormProof(decoding: linearForm, count: weights.form.count)),
                    RangeProofs.BatchEntry(
                        proofs: RangeProofs(application: application),
                        statement: try Self.rangeStatement(note: point, range: weights.range),
                        proof: try RangeProof(decoding: range, bits: Self.rangeBits, count: 2)),
                ]
            )
        } catch {
            throw .refused(.proof, "report \(report.entry.metadata.reportID): \(error)")
        }
    }
}
