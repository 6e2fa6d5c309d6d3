/// Time that the parts of one or more rounds took, per report: a sample for each contributor, or for each job.
struct TrainingTimes {
    var client: [Elapsed] = []
    var commit: [Elapsed] = []
    var leaderVerify: [Elapsed] = []
    var helperVerify: [Elapsed] = []
    var linkCheck: [Elapsed] = []
    /// At one node.
    var aggregate: [Elapsed] = []
    var plainClient: [Elapsed] = []
    var plainServer: [Elapsed] = []
    /// Of a whole round.
    var audit = Elapsed()
    var uploadBytes = 0
    var plainUploadBytes = 0
}
