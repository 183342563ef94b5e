import Catalog
import Glibc

/// What a million rows cost to read, to unify and to validate, on one core: `catalog-benchmark [csv|xml|json]
/// [ROWS]`. The rows are made between the measured spans.
@main
struct CatalogBenchmark {
    static func main() {
        let arguments = CommandLine.arguments
        let form = FeedGenerator.Form(rawValue: arguments.count > 1 ? arguments[1] : "csv") ?? .csv
        let rows = arguments.count > 2 ? Int(arguments[2]) ?? 1_000_000 : 1_000_000
        read(form, rows)
        unify(form, rows)
        pass(form, rows)
    }

    static var cpuNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    static func read(_ form: FeedGenerator.Form, _ rows: Int) {
        var reader = FeedReader()
        var row = FeedRow()
        var cells = 0
        measure("read", form, rows) { chunk, isEnd in
            var index = 0
            while try reader.next(chunk, &index, into: &row) { cells += row.cells.count }
            while isEnd, try reader.finish(into: &row) { cells += row.cells.count }
        }
        print("  \(cells) values")
    }

    static func unify(_ form: FeedGenerator.Form, _ rows: Int) {
        var reader = FeedReader()
        var unifier = ItemUnifier()
        var row = FeedRow()
        var item = ItemAttributes()
        var bytes = 0
        measure("read, unify", form, rows) { chunk, isEnd in
            var index = 0
            while try reader.next(chunk, &index, into: &row) {
                unifier.unify(row, columns: reader.columns, into: &item)
                bytes += item.bytes.count
            }
            while isEnd, try reader.finish(into: &row) {
                unifier.unify(row, columns: reader.columns, into: &item)
                bytes += item.bytes.count
            }
        }
        print("  \(bytes) bytes")
    }

    static func pass(_ form: FeedGenerator.Form, _ rows: Int) {
        var pass = FeedPass()
        var accepted = 0
        measure("read, unify, validate, report", form, rows) { chunk, isEnd in
            var index = 0
            while pass.next(chunk, &index) { accepted += pass.isRejected ? 0 : 1 }
            while isEnd, pass.finish() { accepted += pass.isRejected ? 0 : 1 }
        }
        let codes = pass.report.codes.map { "\($0.name) \(pass.report.count($0))" }.joined(separator: ", ")
        print("  \(accepted) of \(pass.report.rows) accepted; \(codes)")
    }

    static func measure(
        _ name: String, _ form: FeedGenerator.Form, _ rows: Int, _ take: (Span<UInt8>, Bool) throws -> Void
    ) {
        var generator = FeedGenerator(form: form)
        var chunk = generator.header
        var made = 0
        var bytes = 0
        var spent = 0
        while made < rows {
            // Chunks as a file is read in, which do not end where rows do.
            var rest: [UInt8] = []
            while chunk.count < 65_536, made < rows {
                generator.append(to: &chunk)
                made += 1
            }
            if made == rows { chunk += generator.footer } else { rest = Array(chunk[60_000...]) }
            chunk.removeLast(rest.count)
            let start = cpuNanoseconds
            do {
                try take(chunk.span, made == rows)
            } catch { fatalError("the generated feed is wrong: \(error)") }
            spent += cpuNanoseconds - start
            bytes += chunk.count
            chunk = rest
        }
        let perMillion = Double(spent) / Double(rows) / 1000
        print("\(form.rawValue), \(name): \(perMillion) CPU seconds per million rows of \(bytes / rows) bytes")
    }
}
