import DAP

// What contributors and model owners ask of a task's nodes.

extension API {
    /// DAP-18, Upload Request.
    package static let upload = Endpoint<TaskID>(
        Resource(
            "upload", .post, "/tasks/{task}/reports", at: [.leader], announcement: .optsIn,
            takes: .one(of: [.dap(.uploadReq)], upTo: .task(.upload), isChecked: true),
            answers: [.init(200), .init(200, .dap(.uploadErrors))], refusals: [Resource.diskFull]))

    /// The task file, for whoever knows the task's id.
    package static let taskFile = Endpoint<TaskID>(
        Resource(
            "taskFile", .get, "/cairn/tasks/{task}", at: [.leader], announcement: .compared,
            answers: [.init(200, .json)]))

    /// How many reports the leader has, and what became of them.
    package static let status = Endpoint<TaskID>(
        Resource(
            "status", .get, "/cairn/tasks/{task}/status", at: [.leader], announcement: .compared,
            answers: [.init(200, .json)]))

    /// A report's receipt; 202 while there is none yet, 410 where there will never be one.
    package static let receipt = Endpoint<TaskID, ReportID>(
        Resource(
            "receipt", .get, "/cairn/tasks/{task}/receipts/{report}", at: [.leader], announcement: .compared,
            answers: [.init(200, .text), .init(202)], refusals: [Resource.gone]))

    /// Takes a report back, at either node.
    package static let withdrawals = Endpoint<TaskID>(
        Resource(
            "withdrawals", .post, "/cairn/tasks/{task}/withdrawals", at: [.leader, .helper], announcement: .compared,
            takes: .one(of: [.bytes, .promisedWithdrawal], upTo: .bytes(BodyLimit.withdrawal), isChecked: false),
            answers: [.init(200), .init(202)], refusals: [403, Resource.conflict, Resource.gone]))

    /// The helper's last word on a report that it refused, or that was taken back there.
    package static let refusal = Endpoint<TaskID, ReportID>(
        Resource(
            "refusal", .get, "/cairn/tasks/{task}/refusals/{report}", at: [.helper], announcement: .compared,
            answers: [.init(200, .bytes)]))

    /// Logs what the task's owner has signed.
    package static let logEntries = Endpoint<TaskID>(
        Resource(
            "logEntries", .post, "/cairn/tasks/{task}/log-entries", at: [.leader], announcement: .compared,
            takes: .one(of: [.bytes], upTo: .task(.logEntry), isChecked: false), answers: [.init(201, .json)],
            refusals: [403, Resource.conflict, Resource.diskFull]))

    static let contributors = [
        upload.resource, taskFile.resource, status.resource, receipt.resource, withdrawals.resource, refusal.resource,
        logEntries.resource,
    ]
}
