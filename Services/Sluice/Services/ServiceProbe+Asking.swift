import Foundation
import HTTP

extension ServiceProbe {
    /// Asks everything of one service, one question after the other. Blocks, at most about three seconds a question.
    static func ask(_ address: ServiceAddress, token: String?) -> ServiceProbe {
        let start = ContinuousClock.now
        func get<Value>(_ path: String, _ read: (HTTPResponse) throws -> Value?) -> Answer<Value> {
            var request = HTTPRequest(url: address.url + path)
            request.timeoutMilliseconds = 3_000
            if let token { request.headers = [("Authorization", "Bearer \(token)")] }
            do {
                let response = try HTTPClient.send(request)
                if response.status == 401 { return .failed("it asks for the admin token (--admin-token-file)") }
                guard let value = try read(response) else {
                    return .failed("\(path) answered with status \(response.status)")
                }
                return .answered(value)
            } catch let error as HTTPError {
                return .failed(error.message)
            } catch {
                return .failed("\(path) did not answer as a service of Sluice does: \(error)")
            }
        }
        func reasons(_ response: HTTPResponse) throws -> [Reason]? {
            guard response.status == 200 || response.status == 503 else { return nil }
            return try JSONDecoder().decode(Health.self, from: Data(response.body)).reasons
        }
        let liveness = get("/healthz/live", reasons)
        // A process that does not answer once would only make the caller wait three times more.
        if case .failed(let why) = liveness {
            return ServiceProbe(
                address: address, liveness: .failed(why), readiness: .failed(why), metrics: .failed(why),
                configuration: .failed(why), objectives: .failed(why),
                milliseconds: start.duration(to: .now).milliseconds)
        }
        return ServiceProbe(
            address: address, liveness: liveness, readiness: get("/healthz/ready", reasons),
            metrics: get("/metrics") { $0.status == 200 ? MetricsText($0.text) : nil },
            configuration: get("/config") { response in
                guard response.status == 200 else { return nil }
                let entries = try JSONDecoder().decode([Entry].self, from: Data(response.body))
                return Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            },
            objectives: get("/objectives") { response in
                guard response.status == 200 else { return response.status == 404 ? [] : nil }
                return try JSONDecoder().decode([ServedObjective].self, from: Data(response.body))
            },
            milliseconds: start.duration(to: .now).milliseconds)
    }

    /// Asks several services at the same time, each on a thread of its own.
    static func ask(_ addresses: [ServiceAddress], token: String?) async -> [ServiceProbe] {
        await withTaskGroup(of: (Int, ServiceProbe).self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { (index, await onOwnThread { ask(address, token: token) }) }
            }
            var probes: [(Int, ServiceProbe)] = []
            for await probe in group { probes.append(probe) }
            return probes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// The pool's threads are as few as the cores, and a service that hangs would hold one of them for seconds.
    private static func onOwnThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }

    private struct Health: Decodable { var reasons: [Reason] }
    private struct Entry: Decodable {
        var key: String
        var value: String
    }
}

extension Duration {
    /// Whole milliseconds, the rest cut off.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
