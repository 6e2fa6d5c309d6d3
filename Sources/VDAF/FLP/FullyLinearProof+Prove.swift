extension FullyLinearProof {
    /// Proves that `encoded` is valid (VDAF-20 section 7.3.3).
    ///
    /// - Parameters:
    ///   - encoded: An encoded measurement, `measurementLength` elements.
    ///   - proveRandomness: `proveRandomnessLength` elements, uniform and secret.
    ///   - jointRandomness: `jointRandomnessLength` elements.
    ///   - proof: Room for `proofLength` elements: for every gadget its wire seeds and the values of its polynomial.
    @inline(__always)
    func prove(
        encoded: UnsafeBufferPointer<Field>, proveRandomness: UnsafeBufferPointer<Field>,
        jointRandomness: UnsafeBufferPointer<Field>, into proof: UnsafeMutablePointer<Field>
    ) {
        assert(
            encoded.count == circuit.measurementLength && proveRandomness.count == proveRandomnessLength
                && jointRandomness.count == circuit.jointRandomnessLength)
        let (wireCount, outputCount) = plans.reduce(into: (0, 0)) {
            $0.0 += $1.shape.wireLength * $1.shape.arity
            $0.1 += $1.shape.calls
        }
        withUnsafeTemporaryAllocation(
            of: Field.self, capacity: wireCount + outputCount + circuit.evaluationOutputLength
        ) { memory in
            guard let wires = memory.baseAddress else { return }
            memory.initialize(repeating: .zero)
            let outputs = wires + wireCount
            withUnsafeTemporaryAllocation(of: GadgetRecord<Field>.self, capacity: plans.count) { records in
                guard let records = records.baseAddress else { return }
                var recorder = WireRecorder(
                    circuit: circuit, plans: plans, wires: wires, outputs: outputs, seeds: proveRandomness,
                    records: records)
                circuit.evaluate(
                    encoded, jointRandomness: jointRandomness, shareOfOne: .one, caller: &recorder,
                    into: outputs + outputCount)
            }
            var (target, rows, gadgetOutputs, seed) = (proof, wires, outputs, 0)
            for (index, plan) in plans.enumerated() {
                for wire in 0..<plan.shape.arity {
                    target[wire] = proveRandomness[seed + wire]
                }
                seed += plan.shape.arity
                writeGadgetPolynomial(index, wires: rows, outputs: gadgetOutputs, to: target + plan.shape.arity)
                target += plan.shape.proofLength
                rows += plan.shape.wireLength * plan.shape.arity
                gadgetOutputs += plan.shape.calls
            }
        }
    }

    /// Writes the values of a gadget polynomial. `wires` has a row per value of the wire polynomials, and is
    /// overwritten.
    ///
    /// Every `step`-th value is a gadget output that the evaluation of the circuit has computed. For the others all
    /// wire polynomials are moved to a coset of the roots of unity, and the gadget is evaluated there row by row.
    @inline(__always)
    private func writeGadgetPolynomial(
        _ index: Int, wires: UnsafeMutablePointer<Field>, outputs: UnsafePointer<Field>,
        to values: UnsafeMutablePointer<Field>
    ) {
        let plan = plans[index]
        let (shape, step) = (plan.shape, plan.shape.step)
        let (rowCount, arity, length) = (shape.wireLength, shape.arity, shape.polynomialLength)

        values[0] = circuit.evaluateGadget(index, wires)
        for call in 1...shape.calls where call * step < length {
            values[call * step] = outputs[call - 1]
        }
        if shape.calls + 1 < rowCount {
            let unused = circuit.evaluateGadget(index, wires + (rowCount - 1) * arity)
            for row in shape.calls + 1..<rowCount where row * step < length {
                values[row * step] = unused
            }
        }
        for coset in 1..<step {
            // The last coset may destroy the wires; for gadgets of degree 2 it is the only one.
            let isLast = coset == step - 1
            let target = isLast ? wires : UnsafeMutablePointer<Field>.allocate(capacity: rowCount * arity)
            defer { if !isLast { target.deallocate() } }
            plan.moveToCoset(coset, from: wires, to: target)
            for row in 0..<rowCount where row * step + coset < length {
                values[row * step + coset] = circuit.evaluateGadget(index, target + row * arity)
            }
        }
    }
}

extension GadgetPlan {
    /// Values of all wire polynomials on coset `coset`, a row per root of unity as in `source`.
    ///
    /// Columns are handled in strips that fit the first-level cache, or long transforms would stream the whole matrix
    /// from memory once per stage.
    @specialized(where Field == Field64)
    @specialized(where Field == Field128)
    package func moveToCoset(
        _ coset: Int, from source: UnsafeMutablePointer<Field>, to target: UnsafeMutablePointer<Field>
    ) {
        let (rowCount, arity) = (shape.wireLength, shape.arity)
        if coset <= fastCosets.count {
            let elements = UnsafeMutableRawPointer(source).assumingMemoryBound(to: Field128.self)
            let moved = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Field128.self)
            return fastCosets[coset - 1].moveToCoset(elements, to: moved, arity: arity)
        }
        let stripWidth = min(arity, max(4, 16_384 / (rowCount * Field.encodedSize)))
        guard stripWidth < arity else {
            if target != source { target.update(from: source, count: rowCount * arity) }
            return transform.moveToCoset(target, width: arity, factors: cosetFactors[coset - 1])
        }
        let strip = UnsafeMutablePointer<Field>.allocate(capacity: rowCount * stripWidth)
        defer { strip.deallocate() }
        for start in stride(from: 0, to: arity, by: stripWidth) {
            let width = min(stripWidth, arity - start)
            for row in 0..<rowCount {
                (strip + row * width).initialize(from: source + row * arity + start, count: width)
            }
            transform.moveToCoset(strip, width: width, factors: cosetFactors[coset - 1])
            for row in 0..<rowCount {
                (target + row * arity + start).initialize(from: strip + row * width, count: width)
            }
        }
    }
}

/// A gadget in the course of a proof.
private struct GadgetRecord<Field: NTTFieldElement> {
    let arity: Int
    /// The inputs of the next call.
    var row: UnsafeMutablePointer<Field>
    /// Where the output of the next call goes.
    var output: UnsafeMutablePointer<Field>
}

/// The prover's gadgets: they keep every input, as rows of one matrix per gadget, and every output.
private struct WireRecorder<Circuit: ArithmeticCircuit>: GadgetCaller {
    typealias Field = Circuit.Field

    private let circuit: Circuit
    private let records: UnsafeMutablePointer<GadgetRecord<Field>>

    @inline(__always)
    init(
        circuit: Circuit, plans: [GadgetPlan<Field>], wires: UnsafeMutablePointer<Field>,
        outputs: UnsafeMutablePointer<Field>, seeds: UnsafeBufferPointer<Field>,
        records: UnsafeMutablePointer<GadgetRecord<Field>>
    ) {
        self.circuit = circuit
        self.records = records
        var (matrix, output, seed) = (wires, outputs, 0)
        for (index, plan) in plans.enumerated() {
            let arity = plan.shape.arity
            for wire in 0..<arity {
                matrix[wire] = seeds[seed + wire]
            }
            seed += arity
            (records + index).initialize(to: GadgetRecord(arity: arity, row: matrix + arity, output: output))
            matrix += plan.shape.wireLength * arity
            output += plan.shape.calls
        }
    }

    @inline(__always)
    mutating func inputs(of index: Int) -> UnsafeMutablePointer<Field> {
        records[index].row
    }

    @inline(__always)
    mutating func call(_ index: Int) -> Field {
        let output = circuit.evaluateGadget(index, records[index].row)
        records[index].output[0] = output
        records[index].output += 1
        records[index].row += records[index].arity
        return output
    }

    @inline(__always)
    mutating func call(_ index: Int, on elements: UnsafeBufferPointer<Field>) -> Field {
        let row = records[index].row
        for wire in 0..<elements.count {
            row[wire] = elements[wire]
        }
        for wire in elements.count..<max(records[index].arity, elements.count) {
            row[wire] = .zero
        }
        return call(index)
    }

    @inline(__always)
    mutating func callBitChecks(
        _ index: Int, elements: UnsafeBufferPointer<Field>, randomness r: Field, shareOfOne: Field
    ) -> Field {
        let row = records[index].row
        // Four powers advance independently by r^4, or every multiplication would wait for the one before.
        let factor = Field.Factor(r)
        let square = factor * factor
        let fourth = square * square
        var (p0, p1, p2, p3) = (factor, square, square * factor, fourth)
        var column = 0
        while column &+ 4 <= elements.count {
            let target = row + 2 &* column
            let (x0, x1, x2, x3) = (
                elements[column], elements[column &+ 1], elements[column &+ 2], elements[column &+ 3]
            )
            target[0] = x0 * p0
            target[1] = x0 - shareOfOne
            target[2] = x1 * p1
            target[3] = x1 - shareOfOne
            target[4] = x2 * p2
            target[5] = x2 - shareOfOne
            target[6] = x3 * p3
            target[7] = x3 - shareOfOne
            p0 = p0 * fourth
            p1 = p1 * fourth
            p2 = p2 * fourth
            p3 = p3 * fourth
            column &+= 4
        }
        while column < elements.count {
            row[2 &* column] = elements[column] * p0
            row[2 &* column &+ 1] = elements[column] - shareOfOne
            p0 = p0 * factor
            column &+= 1
        }
        for column in elements.count..<max(records[index].arity / 2, elements.count) {
            row[2 &* column] = .zero
            row[2 &* column &+ 1] = -shareOfOne
        }
        return call(index)
    }
}
