/// An option of `cairn task create` that says something about the type.
///
/// They are `VDAFOptions` to the command line. A type that needs one of its own declares it in its file.
package struct TypeOption: Hashable, Sendable {
    /// As it is typed.
    package let name: String

    package init(_ name: String) { self.name = name }

    package static let length = TypeOption("--length")
    package static let maxMeasurement = TypeOption("--max-measurement")
    package static let chunkLength = TypeOption("--chunk-length")
}

/// What a person has said of the type that a task shall have.
package struct TypeOptions: Sendable {
    private var numbers: [TypeOption: UInt64] = [:]
    private var reals: [TypeOption: Double] = [:]
    /// Those that were given, in the order of the help.
    package private(set) var given: [TypeOption] = []

    package init() {}

    /// Notes an option; nil where it was not given.
    package mutating func set(_ option: TypeOption, _ value: (some FixedWidthInteger & UnsignedInteger)?) {
        guard let value else { return }
        numbers[option] = UInt64(value)
        given.append(option)
    }

    package mutating func set(_ option: TypeOption, _ value: Double?) {
        guard let value else { return }
        reals[option] = value
        given.append(option)
    }

    /// Nil if it was not given.
    func number<Number: FixedWidthInteger>(_ option: TypeOption) -> Number? {
        numbers[option].flatMap(Number.init(exactly:))
    }

    func required<Number: FixedWidthInteger>(_ option: TypeOption) throws(TypeOptionError) -> Number {
        guard let number: Number = number(option) else { throw .missing(option) }
        return number
    }

    func requiredReal(_ option: TypeOption) throws(TypeOptionError) -> Double {
        guard let real = reals[option] else { throw .missing(option) }
        return real
    }
}

/// Why no type can be made of what a person has said.
package enum TypeOptionError: Error, Equatable, Sendable {
    /// The type has no such option.
    case needless(TypeOption)
    /// The type needs the option.
    case missing(TypeOption)
    /// An option is none of the values that there are; the text says which there are.
    case invalid(String)
    /// The parameters are out of bounds.
    case configuration(VDAFConfigurationError)
}
