import DAP
import TaskTypes
import Tasks

extension Decoder {
    /// What describes a task: everything here is read from strangers before a task is joined.
    static let tasks: [Decoder] = [
        message("task-configuration", TaskConfiguration.self) { generator in
            let collector = generator.hpkeConfig(id: 1)
            var configurations = [try generator.taskConfiguration(.count, cairn: nil)]
            for vdaf in SampleTask.vdafs {
                let cairn = generator.cairnParameters(collector: collector, policy: SampleTask.policy)
                configurations.append(try generator.taskConfiguration(vdaf, cairn: cairn))
            }
            return configurations
        } then: {
            useConfiguration($0)
        },
        message("cairn-task-parameters", CairnTaskParameters.self) { generator in
            let collector = generator.hpkeConfig(id: 1)
            return [
                generator.cairnParameters(collector: collector, policy: SampleTask.policy),
                CairnTaskParameters(collectorHpkeHash: generator.bytes(32), maxBatchSize: 3),
            ]
        },
        vdafConfiguration, taskFile,
        Decoder(
            "claim-key", maximumLength: 128, seeds: { [$0.bytes(96)] },
            run: { canonical($0, "claim key", ClaimKey.init(extensionData:)) { $0.reportExtension.data } }),
    ]

    private static func useConfiguration(_ configuration: TaskConfiguration) {
        do {
            _ = try configuration.validated()
        } catch {
            describe(error)
        }
        _ = configuration.seconds(of: .max)
        _ = configuration.time(ofSeconds: .max)
    }

    /// Input: the type's code point and the parameters. What is small enough is also built.
    private static let vdafConfiguration = Decoder(
        "vdaf-configuration", maximumLength: 64,
        seeds: { _ in
            SampleTask.vdafs.map { vdaf in
                var writer = ByteWriter()
                writer.write(vdaf.type)
                return writer.bytes + vdaf.parameters
            }
        },
        run: { input in
            var reader = InputReader(input)
            let type = reader.bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
            let vdaf = canonical(
                reader.remaining(), "VDAF configuration", { try VDAFConfiguration(type: type, parameters: $0) },
                { $0.parameters })
            guard let vdaf else { return }
            guard vdaf.type == type else { broken("a VDAF configuration keeps its type", by: input) }
            guard vdaf.outputLength <= 16 else { return }
            do {
                _ = try makeTaskVDAF(vdaf)
            } catch {
                describe(error)
            }
        })

    /// JSON has many spellings, so what holds is: what was read and written again is read as the same.
    private static let taskFile = Decoder(
        "task-file", maximumLength: 4096,
        seeds: { generator in
            let collector = generator.hpkeConfig(id: 1)
            let plain = try TaskFile(
                name: "plain", configuration: generator.taskConfiguration(.count, cairn: nil),
                collectorHpkeConfig: collector, logPolicy: nil, logURL: nil
            ).json()
            return try [plain]
                + SampleTask.vdafs.map { vdaf in
                    let cairn = generator.cairnParameters(collector: collector, policy: SampleTask.policy)
                    return try TaskFile(
                        name: "steps-may", configuration: generator.taskConfiguration(vdaf, cairn: cairn),
                        collectorHpkeConfig: collector, logPolicy: SampleTask.policy, logURL: "https://log.example/"
                    ).json()
                }
        },
        run: { input in
            do {
                let file = try TaskFile(json: input)
                guard let again = try? TaskFile(json: file.json()), again == file else {
                    broken("a task file is read as it was written", by: input)
                }
            } catch {
                describe(error)
            }
        })
}
