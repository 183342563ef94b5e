import FlyingSocks
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// The endpoint for probes, metrics and a look inside: read-only HTTP/1.1, one request a connection.
///
/// It listens on loopback unless told otherwise; any other address needs a token, and then everything but
/// `/healthz/…` asks for it. What a client may take is bounded: 8 KiB of request head, five seconds in all, 32
/// connections at a time; bodies are not read.
///
/// It stands on FlyingFox's sockets and not on its HTTP server, because that one bounds neither the length of a header
/// line nor the time that a request head may take.
///
/// Put it first in the service group: groups shut down from the last to the first, so probes and metrics stay up while
/// the service drains.
public final class AdminServer: Service {
    /// Where to listen and who may look.
    public struct Settings: Sendable {
        /// An IPv4 or IPv6 address in numbers.
        public var address: String
        /// 0: chosen by the system, see ``AdminServer/port``.
        public var port: UInt16
        public var token: Secret?

        public init(address: String = "127.0.0.1", port: UInt16 = 0, token: Secret? = nil) {
            self.address = address
            self.port = port
            self.token = token
        }
    }

    static let maximumConnections = 32

    /// The port that is listened on from the moment the server exists.
    public let port: UInt16
    private let address: String
    private let routes: AdminRoutes
    private let logger: Logger
    private let listener: Listener
    private let requestLimit: Duration
    private let connections = Atomic<Int>(0)

    /// Opens the port; connections are answered once ``run()`` runs.
    /// - Parameter objectives: What `/objectives` answers, see ``ObjectivesService/json``; nil: the service has none.
    /// - Throws: ``RuntimeError`` `admin_token` for an address beyond loopback without a token, `admin_address` for
    ///   one that is not an address or cannot be listened on.
    public convenience init(
        settings: Settings = Settings(), name: String, version: String, health: HealthState,
        registry: OpenMetricsRegistry, configuration: @escaping @Sendable () -> [ConfigurationEntry], logger: Logger,
        objectives: (@Sendable () -> String)? = nil
    ) throws {
        try self.init(
            settings: settings,
            routes: AdminRoutes(
                name: name, version: version, health: health, registry: registry, configuration: configuration,
                token: settings.token, objectives: objectives),
            logger: logger, requestLimit: .seconds(5))
    }

    init(settings: Settings, routes: AdminRoutes, logger: Logger, requestLimit: Duration) throws {
        listener = try Listener(settings)
        port = listener.port
        address = settings.address
        self.routes = routes
        self.logger = logger
        self.requestLimit = requestLimit
    }

    /// Answers until the group shuts down.
    public func run() async throws {
        logger.info("admin endpoint listens", metadata: ["address": "\(address)", "port": "\(port)"])
        let pool = SocketPool(queue: ePoll(maxEvents: 64))
        try await pool.prepare()
        let socket = try AsyncSocket(socket: listener.socket, pool: pool)
        let failure = await cancelWhenGracefulShutdown {
            await withTaskGroup(of: (any Error)?.self) { group in
                group.addTask {
                    do {
                        try await pool.run()
                        return nil
                    } catch {
                        return error
                    }
                }
                group.addTask {
                    await self.accept(from: socket)
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                return first
            }
        }
        listener.close()
        logger.info("admin endpoint closed")
        // An end that nobody asked for is a failure: as a service that is done it would end the process with 0.
        if let failure, !(failure is CancellationError), !Task.isCancelled, !Task.isShuttingDownGracefully {
            throw RuntimeError(
                .adminAddress, "the admin endpoint on \(address):\(port) stopped: \(failure)",
                context: ["address": address, "port": "\(port)"])
        }
    }

    private func accept(from socket: AsyncSocket) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                do {
                    let connection = try await socket.accept()
                    group.addTask { await self.serve(connection) }
                } catch is CancellationError {
                    return
                } catch {
                    if Task.isCancelled { return }
                    // Out of descriptors or memory: the next one may succeed, and the log must not be flooded.
                    logger.warning("admin endpoint cannot accept", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .milliseconds(250))
                }
            }
        }
    }

    private func serve(_ connection: AsyncSocket) async {
        defer { try? connection.close() }
        let running = connections.wrappingAdd(1, ordering: .relaxed).newValue
        defer { connections.wrappingSubtract(1, ordering: .relaxed) }
        if running > Self.maximumConnections {
            let busy = AdminResponse.text(.unavailable, "too many connections").bytes(withBody: true)
            _ = try? connection.socket.write(Data(busy))
            return
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.exchange(connection) }
            group.addTask { try? await Task.sleep(for: self.requestLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// One request and its answer. Whatever fails here concerns this client alone.
    private func exchange(_ connection: AsyncSocket) async {
        var withBody = true
        let response: AdminResponse
        do {
            guard let head = try await readHead(connection) else { return }
            if let request = AdminRequest(head: head) {
                withBody = request.method != "HEAD"
                response = routes.response(to: request)
            } else {
                response = .text(.badRequest, "not an HTTP/1.1 request")
            }
        } catch is HeadTooLarge {
            response = .text(.headTooLarge, "the request head is limited to \(AdminRequest.maximumHeadBytes) bytes")
        } catch {
            return
        }
        guard (try? await connection.write(Data(response.bytes(withBody: withBody)))) != nil else { return }
        // A close with unread bytes makes the kernel reset the connection, and the client may lose the answer: say
        // that nothing more comes, and read away a little of what is still sent.
        shutdown(connection.socket.file.rawValue, Int32(SHUT_WR))
        var read = 0
        while read < 65_536, let bytes = try? await connection.read(atMost: 4_096), !bytes.isEmpty {
            read += bytes.count
        }
    }

    private struct HeadTooLarge: Error {}

    private func readHead(_ connection: AsyncSocket) async throws -> ArraySlice<UInt8>? {
        var bytes: [UInt8] = []
        while true {
            let more = try await connection.read(atMost: 4_096)
            if more.isEmpty { return nil }
            let from = max(0, bytes.count - 3)
            bytes.append(contentsOf: more)
            var index = from
            while index + 3 < bytes.count {
                if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                    guard index <= AdminRequest.maximumHeadBytes else { throw HeadTooLarge() }
                    return bytes[..<index]
                }
                index += 1
            }
            guard bytes.count <= AdminRequest.maximumHeadBytes else { throw HeadTooLarge() }
        }
    }
}
