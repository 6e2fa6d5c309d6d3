import Foundation

/// The seed that a person asked for, to repeat a failed run.
let environmentSeed = ProcessInfo.processInfo.environment["CAIRN_TEST_SEED"].flatMap { UInt64($0) }
