import Testing

@testable import Runtime

@Suite("Admin requests")
struct AdminRequestTests {
    @Test("a question mark, a colon and a blank are what they are, whatever combines with them")
    func scalars() {
        let request = AdminRequest(head: Array("GET /metrics?\u{301} HTTP/1.1\r\nAuthorization:\u{301} x".utf8))
        #expect(request?.path == "/metrics")
        #expect(request?.authorization?.utf8.elementsEqual("\u{301} x".utf8) == true)
        #expect(AdminRequest(head: Array("GET /\u{301} HTTP/1.1".utf8))?.path.utf8.count == 3)
        #expect(AdminRequest(head: Array("GET / HTTP/1.1\n \u{301}: folded".utf8)) == nil)
    }

    @Test("a bearer token is what stands behind the word, without the blanks around it")
    func tokens() {
        func token(_ value: String) -> String? {
            AdminRequest(head: Array("GET / HTTP/1.1\nauthorization: \(value)".utf8))?.bearerToken
        }
        #expect(token("Bearer  abc \t") == "abc")
        #expect(token("bEARER abc") == "abc")
        #expect(token("Bearer \u{301}abc")?.utf8.elementsEqual("\u{301}abc".utf8) == true)
        #expect(token("Bearer") == nil && token("Basic abc") == nil)
    }
}
