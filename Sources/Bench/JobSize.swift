/// How many reports are verified together: a job.
struct JobSize {
    let reports: Int

    /// Nodes form jobs of 100 reports; here whole groups of four for every thread, and no more than fit into 128 MiB,
    /// counting a report as the client sends it.
    init(uploadBytes: Int, threads: Int) {
        let budget = 128 << 20
        let group = 4 * threads
        let most = max(1, min(100, budget / uploadBytes))
        reports = most >= group ? most / group * group : most
    }
}
