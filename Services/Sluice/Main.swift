import Glibc

@main
enum Main {
    static func main() async { exit(await SluiceCommand.execute(Array(CommandLine.arguments.dropFirst()))) }
}
