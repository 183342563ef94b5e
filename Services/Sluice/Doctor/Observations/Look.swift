/// What came of a look at something.
enum Look<Value: Sendable>: Sendable {
    case seen(Value)
    /// It was tried; why it failed.
    case failed(LookFailure)
    /// Nobody said where it is, or it takes something that was not seen: why.
    case skipped(String)

    var value: Value? { if case .seen(let value) = self { value } else { nil } }
    var failure: LookFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

/// Why something could not be seen.
struct LookFailure: Error, Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Nothing listens there, or the way to it is cut.
        case unreachable
        /// Somebody listens and says nothing.
        case silent
        /// An answer, and it is no: not let in, no right.
        case refused
        /// As many connections as the server allows.
        case full
        /// It is starting or shutting down.
        case notYet
        case other
    }

    var kind: Kind
    /// One line, without secrets.
    var message: String
    /// SQLSTATE, where there is one.
    var sqlState: String?
}
