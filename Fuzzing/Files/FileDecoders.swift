import Foundation
import SharedModel
import VDAF
import VectorCheck

extension Decoder {
    /// Files that people hand to the command line: data, models, scaling bounds, test vectors.
    static let files: [Decoder] = [csv, model, modelKind, featureScaling, vectorFile]

    private static let csv = Decoder(
        "csv", maximumLength: 512,
        seeds: { _ in
            [
                "a,b,label\n1,2,x\n3,4,y\n", "1;2;0\r\n\"3\";\"4\"\"\";1\r\n",
                "\u{FEFF}2,2,no,yes\n1e3,-4.5,no\n.5,7.,yes\n",
                "1\t2\t0\n\n\"a\nb\"\t4\t1", "1,?,0\n2,nan,1\n3,inf,1e999",
            ].map { Array($0.utf8) }
        },
        run: { input in
            do {
                let table = try CSVTable(fileName: "input.csv", bytes: input)
                for label in [ColumnReference.last, .index(0), .index(.max), .index(-1), .name("label")] {
                    for header in [HeaderRule.detect, .present, .absent] {
                        do {
                            let data = try Dataset(csv: table, label: label, header: header)
                            guard data.features.count == data.count * data.featureCount,
                                data.features.allSatisfy(\.isFinite)
                            else { broken("a data set is complete and finite", by: input) }
                            _ = try? FeatureScaling(lower: 0, upper: 1).applied(to: data)
                        } catch {
                            describe(error)
                        }
                        do {
                            let layout = try CSVLayout(
                                of: table, columns: [label], header: header, content: .values(truthWords: true))
                            guard layout.rows.allSatisfy({ $0.cells.count == layout.columnCount }),
                                layout.rows.count + (layout.firstLine == .data ? 0 : 1) == table.records.count
                            else { broken("no row is lost, and all have one width", by: input) }
                        } catch {
                            describe(error)
                        }
                    }
                }
            } catch {
                describe(error)
            }
        })

    private static let model = Decoder(
        "model-file", maximumLength: 400,
        seeds: { _ in
            try [(ModelKind.softmax, 3, 2), (.hiddenLayer(width: 2), 3, 3)].map { kind, inputs, classes in
                let shape = try ModelShape(kind: kind, inputs: inputs, classes: classes)
                return try Model(
                    shape: shape, parameters: (0..<shape.parameterCount).map { Double($0) / 3 - 1 }
                ).encoded()
            }
        },
        run: { canonical($0, "model", { try Model(decoding: $0) }) { $0.encoded() } })

    private static let modelKind = Decoder(
        "model-kind", maximumLength: 40, seeds: { _ in ["softmax", "hidden:32"].map { Array($0.utf8) } },
        run: { input in
            do {
                let kind = try ModelKind(argument: String(decoding: input, as: UTF8.self))
                guard (try? ModelKind(argument: kind.description)) == kind else {
                    broken("a kind of model is read as written", by: input)
                }
                _ = try ModelShape(kind: kind, inputs: 10, classes: 3)
            } catch {
                describe(error)
            }
        })

    private static let featureScaling = Decoder(
        "feature-scaling", maximumLength: 100, seeds: { _ in ["0:16", "-1:1,0:5e3,2:2"].map { Array($0.utf8) } },
        run: { input in
            do {
                let scaling = try FeatureScaling(argument: String(decoding: input, as: UTF8.self))
                guard (try? FeatureScaling(argument: scaling.description)) == scaling else {
                    broken("scaling bounds are read as written", by: input)
                }
            } catch {
                describe(error)
            }
        })

    /// The first byte chooses the type that the file claims to be of.
    private static let vectorFile = Decoder(
        "vector-file", maximumLength: 4096, seeds: SampleVectors.make,
        run: { input in
            let type = SampleVectors.types[Int(input.first ?? 0) % SampleVectors.types.count]
            switch VectorChecker().check(fileName: type + ".json", json: Array(input.dropFirst())) {
            case .ok: break
            case .fail(let reason): if reason.isEmpty { broken("a failure says why", by: input) }
            case .unknownType: broken("every listed type is known", by: input)
            }
        })
}
