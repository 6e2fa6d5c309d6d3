import ArgumentParser
import SharedModel
import TensorFiles

/// `cairn model export`: the parameters for other people's tools.
struct ModelExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model's parameters as .safetensors or .npy.",
        discussion: """
            A .safetensors file has the names and shapes that PyTorch gives the same model: weight and bias of a Linear, \
            or 0.weight, 0.bias, 2.weight and 2.bias of a Sequential of Linear, ReLU and Linear. A .npy file has all \
            parameters in that order in one array. Numbers are in double precision, as in the model file.

            An update in either layout can be sent with cairn contribute --update.
            """)

    @Option(help: "The model file.") var model: String
    @Option(name: .customLong("out"), help: "The file to create, .safetensors or .npy.") var output: String
    @Option(help: "The run's training settings: puts class names and scaling into the .safetensors file.")
    var training: String?

    func validate() throws {
        guard let format = try? TensorFormat(path: output) else {
            throw ValidationError("--out \(output): the name must end in .safetensors or .npy.")
        }
        if format == .npy, training != nil {
            throw ValidationError("--training goes with .safetensors: a .npy file has no room for class names.")
        }
    }

    func run() throws {
        let model = try Model(decoding: try UserFile.read(model))
        let format = try TensorFormat(path: output)
        let settings = try training.map { path in
            let settings = try TrainingSettings.Document(try UserFile.read(path), name: path).settings
            try settings.requireFit(model, name: path)
            return settings
        }
        let file = try model.exported(as: format, settings: settings)
        try UserFile.create(output, try file.encoded(as: format, precision: .double), isSecret: false)
        UserFile.announce(output)
    }
}
