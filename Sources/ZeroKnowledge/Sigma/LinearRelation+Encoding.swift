/// `SerializeLinearRelation`: what a challenge binds. Coefficients are in it, so that no public number can change under
/// a proof (draft-irtf-cfrg-sigma-protocols-03, section 'Serialization').
///
/// Counts and indices are four little-endian bytes; coefficients and elements are in the group's own encodings:
///
///     equations: count, then for each
///         image: count, then for each (element, coefficient)
///         terms: count, then for each (scalar, element, coefficient)
///     elements from index 1 on
extension LinearRelation {
    static func encode(_ elements: [G.Element], _ equations: [Equation]) throws(RelationError) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] {
            ByteCodec.encode(UInt32(truncatingIfNeeded: value))
        }
        var bytes = number(equations.count)
        for equation in equations {
            bytes += number(equation.image.count)
            for term in equation.image {
                bytes += number(term.element) + G.encode(term.coefficient)
            }
            bytes += number(equation.terms.count)
            for term in equation.terms {
                bytes += number(term.scalar) + number(term.element) + G.encode(term.coefficient)
            }
        }
        do {
            return bytes + (try G.encode(Array(elements.dropFirst())))
        } catch {
            throw .encoding(.group(error))
        }
    }

    /// The relation of an encoding, to carry statements in test vectors. Whoever decides something by a proof makes the
    /// relation from values of its own.
    ///
    /// - Throws: `RelationError.encoding`, and what `init(elements:equations:)` throws.
    package init(decoding bytes: [UInt8]) throws(RelationError) {
        let (elements, equations) = try Self.parse(bytes)
        try self.init(elements: elements, equations: equations)
    }

    private static func parse(_ bytes: [UInt8]) throws(RelationError) -> ([G.Element], [Equation]) {
        do {
            var rest = bytes[...]
            // Each turn of a loop consumes bytes: a false count ends at the end of the input.
            var equations: [Equation] = []
            for _ in 0..<(try ByteCodec.readUInt32(&rest)) {
                var equation = Equation(image: [], terms: [])
                for _ in 0..<(try ByteCodec.readUInt32(&rest)) {
                    let element = Int(try ByteCodec.readUInt32(&rest))
                    equation.image.append(ImageTerm(element: element, coefficient: try readScalar(&rest)))
                }
                for _ in 0..<(try ByteCodec.readUInt32(&rest)) {
                    let scalar = Int(try ByteCodec.readUInt32(&rest))
                    let element = Int(try ByteCodec.readUInt32(&rest))
                    equation.terms.append(
                        Term(scalar: scalar, element: element, coefficient: try readScalar(&rest)))
                }
                equations.append(equation)
            }
            var elements = [G.generator]
            while !rest.isEmpty {
                elements.append(try readElement(&rest))
            }
            return (elements, equations)
        } catch let error as FiatShamirError {
            throw .encoding(error)
        } catch let error as GroupError {
            throw .encoding(.group(error))
        } catch {
            fatalError("only the two errors above are thrown")
        }
    }

    private static func readScalar(_ input: inout ArraySlice<UInt8>) throws -> G.Scalar {
        try G.decodeScalar(ByteCodec.read(G.scalarSize, &input))
    }

    private static func readElement(_ input: inout ArraySlice<UInt8>) throws -> G.Element {
        try G.decodeElement(ByteCodec.read(G.elementSize, &input))
    }
}
