import Foundation

/// Cells of the benchmarks' tables.
enum TableText {
    /// Microseconds with three digits or all that are before the point.
    static func time(_ microseconds: Double) -> String {
        String(format: microseconds < 10 ? "%.2f" : microseconds < 100 ? "%.1f" : "%.0f", microseconds)
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Right-aligned.
    static func aligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
