import Schemas
import SpendAggregatorJob
import Streams
import TestKit
import Testing

/// The vectors of the contract through the pipeline that the service runs.
@Suite struct SpendContractTests {
    typealias Driver = PipelineDriver<SpendLogic, SpendTables>

    private func driver(_ vector: ContractVector) -> Driver {
        let log = SimulatedLog(topic: "ad-events")
        for record in vector.log {
            log.append(
                SimulatedLog.Entry(
                    offset: Offset(record.offset), timestampMilliseconds: record.timestampMilliseconds,
                    value: record.payload), to: Partition(0))
        }
        return Driver(
            logic: SpendLogic(),
            settings: StreamSettings(
                horizonMilliseconds: vector.horizonMilliseconds,
                outOfOrdernessMilliseconds: vector.outOfOrdernessMilliseconds),
            tables: SpendTables(), log: log)
    }

    private func check(_ driver: Driver, _ vector: ContractVector, _ how: String) {
        let found = verdict(of: driver.database, driver.partition)
            .with(streamTime: driver.progress.streamTime, outOfOrderness: vector.outOfOrdernessMilliseconds)
        #expect(found.rows == vector.rows.sorted(by: ContractVector.Row.precedes), "\(vector.name), \(how)")
        #expect(found.deadLetters == vector.deadLetters, "\(vector.name), \(how)")
        #expect(found.duplicates == vector.duplicates, "\(vector.name), \(how)")
        #expect(found.watermarkMilliseconds == vector.watermarkMilliseconds, "\(vector.name), \(how)")
        #expect(found.records == Int64(vector.log.count), "\(vector.name), \(how)")
        #expect(found.late == vector.rows.reduce(0) { $0 + $1.lateEvents }, "\(vector.name), \(how)")
        let payloads = driver.database.deadLetters(of: driver.partition).map(\.payload)
        let expected = vector.deadLetters.map { letter in vector.log.first { $0.offset == letter.offset }?.payload }
        #expect(payloads == expected, "stored whole: \(vector.name), \(how)")
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func everyVectorInBatchesOf(size: Int) throws {
        let vectors = try ContractVectors.load()
        #expect(vectors.count >= 68)
        for vector in vectors {
            let driver = driver(vector)
            try driver.start()
            driver.readAll(batch: size)
            driver.cut()
            check(driver, vector, "batches of \(size)")
        }
    }

    @Test func everyVectorWithARestartAfterEveryRecord() throws {
        var restarts = 0
        for vector in try ContractVectors.load() {
            let driver = driver(vector)
            try driver.start()
            // A restarted job reads its warm-up first; it is cut once a further record was applied.
            while driver.read(1) {
                if driver.cut() { try driver.restart() }
            }
            driver.cut()
            restarts += driver.restarts
            #expect(driver.restarts == vector.log.count, "\(vector.name)")
            check(driver, vector, "restarts")
        }
        #expect(restarts > 250)
    }

    @Test func theJudgeSaysWhatTheVectorsSay() throws {
        for vector in try ContractVectors.load() {
            let judge = ReferenceJudge(
                horizonMilliseconds: vector.horizonMilliseconds,
                outOfOrdernessMilliseconds: vector.outOfOrdernessMilliseconds,
                // The reference decoder departs from the contract for a few of the damaged payloads.
                decode: { payload in
                    var event = AdEvent()
                    return payload.withUnsafeBytes { AdEventReader.read($0, into: &event) } ? event : nil
                })
            let said = judge.judge(driver(vector).log.entries(Partition(0)))
            #expect(said.rows == vector.rows.sorted(by: ContractVector.Row.precedes), "\(vector.name)")
            #expect(said.deadLetters == vector.deadLetters, "\(vector.name)")
            #expect(said.duplicates == vector.duplicates, "\(vector.name)")
            #expect(said.watermarkMilliseconds == vector.watermarkMilliseconds, "\(vector.name)")
        }
    }

    /// Each fault alone, and each with every fault that is judged after it: the first in the contract's order names it.
    @Test func theFirstFaultInTheOrderOfTheContractNamesTheReason() {
        let faults: [(String, (inout ContractEvent) -> Void)] = [
            ("event_id", { $0.eventID.removeLast() }),
            ("event_type", { $0.type = 9 }),
            ("pricing_model", { $0.pricing = 0 }),
            ("price", { $0.priceMicros = 1_000_000_000_001 }),
            ("currency", { $0.currency = "usd" }),
            ("event_time", { $0.eventTimeMilliseconds = -1 }),
        ]
        func reason(_ payload: [UInt8]?) -> String {
            let entry = SimulatedLog.Entry(offset: Offset(0), timestampMilliseconds: 1_767_225_600_000, value: payload)
            return RecordBlock([(Partition(0), entry)]).withRecords { records in
                var event = AdEvent()
                let logic = SpendLogic()
                let fault = logic.decode(records[0], into: &event)
                return fault == .none ? "none" : logic.reason(of: fault)
            }
        }
        #expect(reason(nil) == "empty_payload" && reason([]) == "empty_payload" && reason([0]) == "undecodable")
        for first in faults.indices {
            for last in first...faults.count {
                var event = AdEventStream.validEvent
                #expect(reason(event.payload) == "none")
                for fault in faults[first..<max(first + 1, last)] { fault.1(&event) }
                #expect(reason(event.payload) == faults[first].0)
            }
        }
        let codes = [
            "empty_payload", "undecodable", "event_id", "event_type", "pricing_model", "price", "currency",
            "event_time", "overflow",
        ]
        #expect(SpendFault.allCases.map(\.code) == codes)
        #expect(SpendFault.allCases.map(\.rawValue) == Array(1...9), "0 is no fault")
        #expect(SpendLogic().reason(of: Fault(rawValue: 200)) == "unknown")
    }
}
