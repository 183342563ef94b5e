import Streams

/// One partition's part of a checkpoint as the database is asked to write it.
struct CutRequest {
    var partition: Int
    var epoch: Epoch
    var expectedNextOffset: Offset?
    var progress: PartitionProgress
    var rows: ResultRows
    var deadLetters: [DeadLetter]
}

/// A row of the progress table.
struct ProgressRow {
    var epoch: Epoch
    /// The number of the process that claimed it last.
    var owner: Int
    var progress: PartitionProgress
}

/// What the database holds of one partition.
struct PartitionTables {
    var progress: ProgressRow?
    var rows: ResultRows = [:]
    var deadLetters: [DeadLetter] = []
}

/// A transaction that has become visible, by what it did.
enum VisibleChange {
    /// `isNew`: the process begins anew with the partition, it does not only raise the epoch of what it works on.
    case claimed(partition: Int, epoch: Epoch, process: Int, told: PartitionProgress, isNew: Bool)
    case committed([CutRequest], process: Int)
    /// Dead letters without the progress that they belong to. Only where that guard is left out.
    case deadLettersAlone(partition: Int, [DeadLetter], process: Int)
    case moved(partition: Int, PartitionProgress)
    case rewound(partition: Int, PartitionProgress)
}

extension VisibleChange {
    var description: String {
        switch self {
        case .claimed(let partition, let epoch, let process, let told, _):
            "\(partition) claimed by process \(process) under \(epoch), next \(told.nextOffset?.description ?? "none")"
        case .committed(let cuts, let process):
            "committed by process \(process): "
                + cuts.map { cut in
                    "\(cut.partition) from \(cut.expectedNextOffset?.description ?? "none") to "
                        + "\(cut.progress.nextOffset?.description ?? "none") under \(cut.epoch)"
                }.joined(separator: ", ")
        case .deadLettersAlone(let partition, let letters, _): "\(partition): \(letters.count) dead letters alone"
        case .moved(let partition, let progress):
            "\(partition) moved to \(progress.nextOffset?.description ?? "none")"
        case .rewound(let partition, let progress):
            "\(partition) rewound to \(progress.nextOffset?.description ?? "none")"
        }
    }
}

/// Guards that the simulated database can leave out.
struct DatabaseMutants: OptionSet {
    let rawValue: Int
    /// A commit does not compare the epoch.
    static let epochCondition = DatabaseMutants(rawValue: 1)
    /// A commit does not compare the offset.
    static let expectedOffset = DatabaseMutants(rawValue: 2)
    /// A claim reads the progress before it raises the epoch.
    static let claimOrder = DatabaseMutants(rawValue: 4)
    /// Dead letters are written in a transaction of their own.
    static let deadLetterTransaction = DatabaseMutants(rawValue: 8)
}
