import Foundation
import TensorFiles

extension Model {
    /// The parameters as a file for other people's tools.
    ///
    /// Safetensors have PyTorch's names and shapes, and say of the model what its settings say; a `.npy` file has all
    /// parameters in one array, and no room for more.
    ///
    /// - Parameter settings: The run's, which must be this model's (``TrainingSettings/requireFit(_:name:)``).
    package func exported(
        as format: TensorFormat, settings: TrainingSettings? = nil
    ) throws(TensorFileError) -> TensorFile {
        switch format {
        case .npy: return try flatTensor()
        case .safetensors:
            var metadata = ["cairn_model": kind.description]
            if !featureNames.isEmpty { metadata["features"] = Self.list(featureNames) }
            if let settings {
                metadata["classes"] = Self.list(settings.classes)
                metadata["scaling"] = settings.scaling
            }
            return try tensors(metadata: metadata)
        }
    }

    /// A JSON array of strings.
    private static func list(_ names: [String]) -> String {
        (try? JSONEncoder().encode(names)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}
