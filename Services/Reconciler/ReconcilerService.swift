import Runtime
import ServiceCommand
import ServiceLifecycle

/// The reconciler's thread as a service: started by `run`, ended at a graceful shutdown after the round that is under way.
struct ReconcilerService: Service {
    private let configuration: ReconcilerConfiguration
    private let context: ServiceContext
    private let vitals: ReconcilerVitals

    init(_ configuration: ReconcilerConfiguration, _ context: ServiceContext, vitals: ReconcilerVitals) {
        self.vitals = vitals
        self.configuration = configuration
        self.context = context
    }

    func run() async throws {
        let pause = Pause()
        let loop = ReconcilerLoop(configuration, context, vitals: vitals, pause: pause)
        let thread = try DedicatedThread(name: "reconciler") { try loop.run() }
        let failure = await withGracefulShutdownHandler {
            await thread.finished()
        } onGracefulShutdown: {
            pause.end()
        }
        if let failure { throw failure }
    }
}
