import Foundation
import Runtime
import Synchronization

/// What the console answers: the page, the state as JSON, and the way in.
final class ConsoleRoutes: EndpointRoutes {
    private let access: ConsoleAccess
    private let feed: StateFeed

    init(access: ConsoleAccess, feed: StateFeed) {
        self.access = access
        self.feed = feed
    }

    /// Of the form with the token.
    var maximumBodyBytes: Int { 4_096 }

    func response(to request: EndpointRequest) async -> EndpointResponse {
        guard access.isOwnHost(request.hosts) else {
            return guarded(
                .text(
                    .misdirected,
                    "this console answers to localhost, 127.0.0.1, [::1] and the address that it listens on alone"))
        }
        switch (request.method, request.path) {
        case ("GET", "/icon.svg"), ("HEAD", "/icon.svg"):
            return guarded(EndpointResponse(status: .ok, contentType: "image/svg+xml", body: ConsolePage.icon))
        case ("POST", "/login"):
            return signIn(EndpointRequest.field("token", of: String(decoding: request.body, as: UTF8.self)))
        case ("POST", _):
            return guarded(.text(.methodNotAllowed, "this console is read-only: GET and HEAD"))
        case ("GET", _), ("HEAD", _): break
        default: return guarded(.text(.methodNotAllowed, "this console is read-only: GET and HEAD"))
        }
        if request.path == "/", let query = request.query, let token = EndpointRequest.field("token", of: query) {
            return signIn(token)
        }
        guard access.isAllowed(request) else {
            return request.path.hasPrefix("/api/")
                ? guarded(
                    .json(.unauthorized, #"{"error":"this path needs Authorization: Bearer and the console's token"}"#))
                : loginPage(wasWrong: false)
        }
        switch request.path {
        case "/": return await page()
        case "/api/state": return await state(ifNoneMatch: request.ifNoneMatch)
        default: return guarded(.text(.notFound, "no such path; / is the console, /api/state what it shows as JSON"))
        }
    }

    private func page() async -> EndpointResponse {
        let current = await feed.current()
        let nonce = ConsoleAccess.randomText()
        do {
            let body = try current.page.html(nonce: nonce, sequence: current.tag)
            return guarded(
                EndpointResponse(status: .ok, contentType: "text/html; charset=utf-8", body: body), nonce: nonce)
        } catch {
            return guarded(.text(.unavailable, "the page cannot be made: \(error)"))
        }
    }

    private func state(ifNoneMatch: String?) async -> EndpointResponse {
        let current = await feed.current()
        let tag = "\"\(current.tag)\""
        guard ifNoneMatch != tag else {
            return guarded(
                EndpointResponse(
                    status: .notModified, contentType: "application/json", body: "", headers: ["ETag": tag]))
        }
        var response = guarded(.json(.ok, current.json))
        response.headers["ETag"] = tag
        return response
    }

    private func signIn(_ candidate: String?) -> EndpointResponse {
        // Where no token is asked for there is nothing to exchange.
        if access.token == nil { return seeOther([:]) }
        guard let candidate, let cookie = access.cookie(for: candidate) else { return loginPage(wasWrong: true) }
        return seeOther(["Set-Cookie": cookie])
    }

    private func seeOther(_ headers: [String: String]) -> EndpointResponse {
        var response = guarded(.text(.seeOther, "the console is at /"))
        response.headers["Location"] = "/"
        response.headers.merge(headers) { $1 }
        return response
    }

    private func loginPage(wasWrong: Bool) -> EndpointResponse {
        let nonce = ConsoleAccess.randomText()
        do {
            let body = try ConsolePage.loginHTML(nonce: nonce, wasWrong: wasWrong)
            return guarded(
                EndpointResponse(status: .unauthorized, contentType: "text/html; charset=utf-8", body: body),
                nonce: nonce)
        } catch {
            return guarded(.text(.unauthorized, "this path needs the console's token"))
        }
    }

    /// With the headers that bound what a browser does with the answer. Styles and scripts are those with the nonce alone.
    private func guarded(_ response: EndpointResponse, nonce: String? = nil) -> EndpointResponse {
        var response = response
        let own = nonce.map { "'nonce-\($0)'" } ?? "'none'"
        response.headers["Content-Security-Policy"] =
            "default-src 'none'; style-src \(own); script-src \(own); connect-src 'self'; img-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response
    }
}
