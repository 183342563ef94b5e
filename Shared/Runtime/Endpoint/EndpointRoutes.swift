/// What an ``EndpointServer`` answers.
public protocol EndpointRoutes: Sendable {
    /// The longest body that is read; 0: bodies are not read, and what comes of one is thrown away.
    var maximumBodyBytes: Int { get }

    /// The answer to a request. The time that it takes is part of the request's limit.
    func response(to request: EndpointRequest) async -> EndpointResponse
}

extension EndpointRoutes {
    public var maximumBodyBytes: Int { 0 }
}
