import Glibc

// libFuzzer has the main function and calls these two by their C names.

/// Chooses the target by `--target=NAME`, which libFuzzer itself passes over, and hands to its child processes.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let given = (0..<Int(count.pointee)).compactMap { arguments.pointee[$0].map { String(cString: $0) } }
    if given.contains("--list") {
        for target in FuzzTarget.all { print(target.name) }
        exit(0)
    }
    let name = given.last { $0.hasPrefix("--target=") }?.dropFirst("--target=".count)
    guard let target = FuzzTarget.all.first(where: { $0.name == name ?? "" }) else {
        complain("name a target: --target=NAME, one of those that --list prints")
        exit(2)
    }
    FuzzTarget.chosen = target
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen?.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}
