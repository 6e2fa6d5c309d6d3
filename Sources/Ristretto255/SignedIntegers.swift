import Parallel

/// Multi-scalar multiplication by signed 64-bit integers, over stretches of a list of points.
///
/// Short integers are the case that matters: of 16 bits, a point costs two additions or so, not the two dozen of a full
/// scalar. Signs are free, since digits are signed anyway. Variable time.
extension PrecomputedPoints {
    /// Pairs the values from `values` on with the points from `points` on.
    package struct Stretch: Sendable {
        package var values: Int
        package var points: Int
        package var count: Int

        package init(values: Int, points: Int, count: Int) {
            self.values = values
            self.points = points
            self.count = count
        }
    }

    /// Σ value·point over all pairs of the stretches.
    ///
    /// - Precondition: stretches lie within the values and within the points.
    package func variableTimeSum(_ values: [Int64], over stretches: [Stretch], threads: Int = 1) -> RistrettoPoint {
        let count = stretches.reduce(0) { $0 + $1.count }
        let merged = stretches.reduce(UInt64(0)) { merged, stretch in
            values[stretch.values..<stretch.values + stretch.count].reduce(merged) { $0 | $1.magnitude }
        }
        let bits = 64 - merged.leadingZeroBitCount
        guard bits > 0 else { return .identity }
        let width = Pippenger.bestWidth(count: count, bits: bits, threads: threads).width
        let windows = Pippenger.windows(bits: bits, width: width)
        let digits = stretches.map { stretch in
            Self.digits(values[stretch.values..<stretch.values + stretch.count], width: width, windows: windows)
        }
        return withPoints { points in
            nonisolated(unsafe) let points = points
            let sums = concurrentMap(count: windows, threads: threads) { window in
                let buckets = Buckets(width: width)
                for (stretch, digits) in zip(stretches, digits) {
                    digits.withUnsafeBufferPointer { digits in
                        let row = digits[(window * stretch.count)...].prefix(stretch.count)
                        buckets.add(
                            UnsafeBufferPointer(rebasing: points[stretch.points..<stretch.points + stretch.count]),
                            digits: UnsafeBufferPointer(rebasing: row))
                    }
                }
                return buckets.weightedSum
            }
            return RistrettoPoint(.joining(sums, width: width))
        }
    }

    /// One row of digits a window: those of the magnitudes, with the signs of the values.
    private static func digits(_ values: ArraySlice<Int64>, width: Int, windows: Int) -> [Int16] {
        var digits = values.map(\.magnitude).withUnsafeBufferPointer { magnitudes in
            PublicScalars(words: magnitudes, stride: 1, count: magnitudes.count)
                .signedWindows(width: width, windows: windows)
        }
        for (index, value) in values.enumerated() where value < 0 {
            for window in 0..<windows {
                digits[window * values.count + index] = 0 &- digits[window * values.count + index]
            }
        }
        return digits
    }
}
