import Glibc
import TestServers
import Testing

@testable import Transfers

/// Proxies come from the environment, so each of these has a process of its own.
@Suite struct ProxyTests {
    @Test func theProxyOfTheEnvironmentIsAsked() async {
        await #expect(processExitsWith: .success) {
            let proxy = try HostileServer { request in .respond(200, [:], request.target) }
            setenv("http_proxy", proxy.url, 1)
            setenv("no_proxy", "127.0.0.1", 1)
            let request = HTTPRequest(.get, "http://storage.invalid/bucket")
            let response = try makeClient().send(request)
            precondition(response.body == Array("http://storage.invalid/bucket".utf8), "the proxy was not asked")
            // Neither where nobody wants it, nor for the hosts that are excepted.
            let failure = try makeClient { $0.usesProxies = false }.failure(request)
            precondition(failure?.cause == .unresolvable, "the proxy was asked")
            let direct = try HostileServer { request in .respond(200, [:], request.target) }
            let other = try makeClient().send(HTTPRequest(.get, direct.url + "/b"))
            precondition(other.body == Array("/b".utf8), "the proxy was asked")
            precondition(proxy.requests.count == 1)
        }
    }

    @Test func aProxyThatRefusesIsNoAnswerOfTheServer() async {
        await #expect(processExitsWith: .success) {
            let proxy = try HostileServer { _ in .respond(407, ["X-From": "proxy"], "first say who you are") }
            setenv("https_proxy", proxy.url, 1)
            let failure = try makeClient().failure(HTTPRequest(.get, "https://storage.invalid/secret"))
            precondition(proxy.requests.first?.method == "CONNECT")
            precondition(failure?.problem.contains("storage.invalid") == true)
            precondition(failure?.problem.contains("proxy") == true, "\(failure?.problem ?? "none")")
        }
    }
}
