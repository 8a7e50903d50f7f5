/// Why bytes are no record of this protocol. The receiver closes the connection on any of them.
public enum DecodingError: Error, Sendable, Hashable {
    /// Fewer bytes than the header or the stated lengths need, or more than they account for.
    case wrongLength
    /// The first four bytes are not the protocol's magic number.
    case wrongMagic
    /// The sender speaks another version.
    case unsupportedVersion(UInt16)
    /// A flag bit or reserved byte is set.
    case reservedBitsSet
    /// No operation has this number, or not in this direction.
    case unknownOperation(UInt16)
    /// No field of this operation has this tag.
    case unknownField(UInt16)
    /// A field that may appear once appeared again.
    case repeatedField(UInt16)
    /// A field that must appear did not.
    case missingField(UInt16)
    /// A field's length or value is outside what the protocol allows.
    case invalidField(UInt16)
    /// The number of descriptors differs from the header's or from what the operation takes.
    case wrongDescriptorCount
}
