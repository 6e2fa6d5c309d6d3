/// The context string that DAP hands to the VDAF (DAP-18 section 4.4.2.1): it ties shares and proofs to one task.
public enum DAPContext {
    /// `"dap-18" || task_id`, 38 bytes.
    public static func vdaf(_ taskID: TaskID) -> [UInt8] { Array("dap-18".utf8) + taskID.bytes }
}
