/// Recodings of public scalars into signed digits: negating a point is free, so signs halve tables and bucket counts.
///
/// Scalars come as `stride` words each, least significant first, back to back. Variable time.
struct PublicScalars {
    let words: UnsafeBufferPointer<UInt64>
    let stride: Int
    let count: Int

    /// Bits of the longest scalar.
    var bitLength: Int {
        var merged = [UInt64](repeating: 0, count: stride)
        for index in 0..<count {
            for word in 0..<stride {
                merged[word] |= words[index * stride + word]
            }
        }
        for word in Swift.stride(from: stride - 1, through: 0, by: -1) where merged[word] != 0 {
            return 64 * word + 64 - merged[word].leadingZeroBitCount
        }
        return 0
    }

    /// The `width` bits from `position` on; bits past the end are zero.
    @inline(__always)
    private func bits(of index: Int, at position: Int, width: Int) -> Int {
        let word = position >> 6
        guard word < stride else { return 0 }
        let shift = UInt64(position & 63)
        var value = words[index &* stride &+ word] &>> shift
        if Int(shift) + width > 64, word + 1 < stride {
            value |= words[index &* stride &+ word &+ 1] &<< (64 &- shift)
        }
        return Int(truncatingIfNeeded: value & ((1 &<< UInt64(width)) &- 1))
    }

    /// Calls `body` with the digits of scalars from the lowest window up: in (-2^(width-1), 2^(width-1)], with
    /// Σ digit_k · 2^(width·k) = scalar.
    ///
    /// With h = 2^(width-1) - 1 they are the unsigned digits, less h, of scalar + Σ h·2^(width·k): one addition makes
    /// all carries.
    ///
    /// - Parameters:
    ///   - width: 2 to 15.
    ///   - windows: enough to cover one bit more than the longest scalar. Then the top window is at most 2^(width-1),
    ///     carry included, and makes no carry of its own.
    @inline(__always)
    private func forEachDigit(
        of indices: Range<Int>, width: Int, windows: Int, _ body: (_ index: Int, _ window: Int, _ digit: Int16) -> Void
    ) {
        let lift = 1 &<< (width &- 1) &- 1
        let mask = 1 &<< width &- 1
        // A word more for the sum, and one that reading a digit's upper part may touch.
        let length = max(stride, (width * windows + 63) / 64) + 1
        let lifts = (0..<length).map { word in
            (0..<windows).map { Self.shifted(lift, by: width * $0 - 64 * word) }.reduce(0, |)
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: length) { sum in
            for index in indices {
                var carry: UInt64 = 0
                for word in 0..<length {
                    let value = word < stride ? words[index &* stride &+ word] : 0
                    let (first, overflow) = value.addingReportingOverflow(lifts[word])
                    let (second, again) = first.addingReportingOverflow(carry)
                    sum[word] = second
                    carry = overflow || again ? 1 : 0
                }
                for window in 0..<windows {
                    let position = window &* width
                    let (word, shift) = (position &>> 6, UInt64(truncatingIfNeeded: position & 63))
                    // Shifting in two steps, for a shift by all 64 bits would be none.
                    let value = sum[word] &>> shift | (sum[word &+ 1] &<< 1) &<< (63 &- shift)
                    body(index, window, Int16(truncatingIfNeeded: Int(truncatingIfNeeded: value) & mask &- lift))
                }
            }
        }
    }

    /// The word of a number shifted to the left, or to the right by a negative count.
    private static func shifted(_ number: Int, by count: Int) -> UInt64 {
        count < 0 ? UInt64(number) >> UInt64(-count) : UInt64(number) << UInt64(count)
    }

    /// All digits, one row of `count` digits a window.
    func signedWindows(width: Int, windows: Int) -> [Int16] {
        [Int16](unsafeUninitializedCapacity: windows * count) { digits, initialized in
            forEachDigit(of: 0..<count, width: width, windows: windows) { index, window, digit in
                digits[window &* count &+ index] = digit
            }
            initialized = windows * count
        }
    }

    /// All digits in the order of lanes: group by group, and in a group the lanes' digits for each step in turn.
    ///
    /// - Precondition: a plan for as many points.
    func signedLanes(_ plan: LanePlan) -> [Int16] {
        precondition(plan.count == count, "the plan must be for these scalars")
        return [Int16](unsafeUninitializedCapacity: plan.digitCount) { digits, initialized in
            digits.initialize(repeating: 0)
            let (steps, lanes) = (plan.steps, plan.lanes)
            for part in 0..<plan.parts {
                let start = plan.firstPoint(ofPart: part)
                let range = plan.points(ofPart: part)
                forEachDigit(of: range, width: plan.width, windows: plan.windows) { index, window, digit in
                    let task = part &* plan.windows &+ window
                    digits[lanes &* (task / lanes &* steps &+ index &- start) &+ task % lanes] = digit
                }
            }
            initialized = plan.digitCount
        }
    }

    /// The width-5 non-adjacent form: digits zero or odd in [-15, 15], of any five in a row at most one nonzero; one
    /// row of `count` digits a bit, `bitLength + 1` rows.
    func nonAdjacentForms(bitLength: Int) -> [Int8] {
        let width = 5
        var digits = [Int8](repeating: 0, count: (bitLength + 1) * count)
        for index in 0..<count {
            var position = 0
            var carry = 0
            while position <= bitLength {
                let window = bits(of: index, at: position, width: width) + carry
                if window & 1 == 0 {
                    // An even window contributes no digit here; the carry moves up with the next bit.
                    position += 1
                    continue
                }
                carry = window >= 16 ? 1 : 0
                digits[position * count + index] = Int8(truncatingIfNeeded: window - (carry << width))
                position += width
            }
        }
        return digits
    }
}
