import Runtime
import ServiceLifecycle

/// The archiver's thread as a service: started by `run`, ended at a graceful shutdown.
struct ArchiverService: Service {
    private let archiver: Archiver

    init(_ archiver: Archiver) { self.archiver = archiver }

    func run() async throws {
        let archiver = archiver
        let thread = try DedicatedThread(name: "archiver") { try archiver.run() }
        let failure = await withGracefulShutdownHandler {
            await thread.finished()
        } onGracefulShutdown: {
            archiver.stop()
        }
        if let failure { throw failure }
    }
}
