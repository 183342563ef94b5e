/// Reads one byte behind its memory: `run.sh address` must report it.
@main
enum Planted {
    static func main() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 8)
        print(memory.load(fromByteOffset: CommandLine.arguments.count + 7, as: UInt8.self))
    }
}
