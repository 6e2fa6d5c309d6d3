/// Which lane adds which window of which points.
///
/// The windows of a sum, each over all points, are as many independent tasks as there are lanes or more, or fewer when
/// scalars are short; then every window is divided into `parts` ranges of points, so that no lane is idle. Task
/// t = part · windows + window runs in lane t mod `lanes` of group t / `lanes`. All parts take `steps` points, so the
/// last ones may reach into others' ranges; what a part has of another's points has digit zero.
struct LanePlan {
    /// With as many parts as lanes none is idle whatever the number of windows, but every part has buckets to add up.
    static let partCounts = [1, 2, 4, 8]

    let lanes: Int
    let count: Int
    let width: Int
    let windows: Int
    let parts: Int

    /// Points of a part.
    var steps: Int { (count + parts - 1) / parts }
    /// Groups of tasks that run at a time.
    var groups: Int { (windows * parts + lanes - 1) / lanes }
    /// Digits of all groups: one a lane for every step.
    var digitCount: Int { lanes * groups * steps }

    /// The points whose digits a part takes.
    func points(ofPart part: Int) -> Range<Int> {
        min(part * steps, count)..<min((part + 1) * steps, count)
    }

    /// The first point that a part's lanes read: so early that all `steps` exist.
    func firstPoint(ofPart part: Int) -> Int {
        min(part * steps, count - steps)
    }

    /// The first point that a group's lane reads.
    func firstPoint(group: Int, lane: Int) -> Int {
        // A lane beyond the last task has digits zero for whatever points.
        firstPoint(ofPart: min((lanes * group + lane) / windows, parts - 1))
    }
}
