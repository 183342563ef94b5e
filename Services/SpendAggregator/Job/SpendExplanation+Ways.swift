import Streams

extension SpendExplanation {
    /// The way of each stream that is switched on, from its source to its sink.
    static func ways(of job: StreamJob<SpendLogic>, beside: Beside) -> [String] {
        var ways = [events(of: job)]
        if let topic = beside.adjustments { ways.append(adjustments(topic)) }
        if let topic = beside.budgets { ways.append(budgets(topic)) }
        if let topic = beside.signals { ways.append(signals(topic, job)) }
        return ways
    }

    private static func events(of job: StreamJob<SpendLogic>) -> String {
        """
          Kafka topic \(job.topic)            one consumer of the group a partition
            -> decode, validate           what cannot be charged: dead letter, with its bytes and reason
            -> deduplicate by event_id    horizon \(seconds(job.settings.horizonMilliseconds)) of the log's own time, a partition at a time
            -> charge, add up             advertiser x campaign x minute x currency; its hours by ad, placement and
                                          country; exact integers (nanos)
            -> checkpoint                 every \(job.pace.checkpointIntervalMilliseconds) ms, one PostgreSQL transaction:
                 spend.minute             deltas added to the rows
                 spend.hour, day, ...     the levels above, derived from the minutes' deltas
                 spend.signal             budgets of the charged campaigns judged, where there are any
                 sluice.dead_letter       records that could not be processed
                 sluice.progress          next offset, compared and set under the partition's epoch
        """
    }

    private static func adjustments(_ topic: String) -> String {
        """
          Kafka topic \(topic)            a group of its own, a worker of its own
            -> decode, validate           what cannot be applied: dead letter
            -> one transaction:
                 spend.adjustment_ledger  adjustment_id is its key: a repeat is counted, and changes nothing
                 spend.hour, day, ...     beside the charges, never into them
                 spend.signal             budgets of the adjusted campaigns judged, where there are any
                 sluice.progress          as above
        """
    }

    private static func budgets(_ topic: String) -> String {
        """
          Kafka topic \(topic)            compacted; a group of its own, a worker of its own
            -> decode, validate           what cannot be used: dead letter; a null payload deletes
            -> one transaction:
                 spend.budget             a lower version than the stored one is counted, and changes nothing
                 spend.signal             judged at once against what is spent
                 sluice.progress          as above
        """
    }

    private static func signals(_ topic: String, _ job: StreamJob<SpendLogic>) -> String {
        """
          Table spend.signal              numbered without a hole in each lane, in the transaction that decides
            -> relay                      one at a time; transactional id \(job.name)-budget-signals
            -> one Kafka transaction:
                 \(topic)            the signals of each lane in the order of their numbers
                 \(topic)-positions  how far each lane is
        """
    }

    /// What is guaranteed of each, a paragraph each.
    static func guarantees(_ beside: Beside) -> [String] {
        var paragraphs = [
            """
            Events: every record of the topic has its effect on spend.minute and sluice.dead_letter exactly once, whatever \
            crashes, rebalances, restarts and outages happen, and at any committed moment the results are those of the \
            records before next_offset of each partition: no result without its progress, no progress without its result. \
            The same log gives the same rows, whatever the batches, the workers and the clock.
            """,
            """
            Levels: at any committed moment each figure equals the sum of the level below, in every currency: hours and days \
            that of their minutes, lifetimes that of their days, hours those of their ads, placements and countries. \
            Billing, pacing and reporting read the same rows. spend.level_differences() shows where that is not so.
            """,
            """
            Finality: a window is open, closed (the watermark has passed its end), or corrected (changed after that). Late \
            events and adjustments are never dropped: they correct their window, raise its revision, and are among what \
            changed since.
            """,
            """
            Currencies: amounts of two currencies are never added up or converted; a campaign's second currency is kept \
            apart and alarmed.
            """,
        ]
        if beside.adjustments != nil {
            paragraphs.append(
                """
                Adjustments: every adjustment_id counts once for ever, in whatever partition and however late it comes \
                again. Charges and adjustments are shown apart at every level; adjustments never move the events' \
                watermark.
                """)
        }
        if beside.budgets != nil {
            paragraphs.append(
                """
                Budgets: of each campaign the last record counts, unless its version is below the stored one; a tombstone \
                deletes.
                """)
            paragraphs.append(
                """
                Signals: each is published once, and those of a campaign in the order in which they were decided, for a \
                consumer with isolation level read_committed. They are decisions, not results: the same log may give \
                others, depending on where checkpoints fell. Each names the offsets and the budget's version that it was \
                decided by, and is right as of those.
                """)
        }
        return paragraphs
    }
}
