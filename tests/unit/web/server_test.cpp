#include "web/server.hpp"

#include "client.hpp"
#include "golden.hpp"
#include "running.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <regex>
#include <stdexcept>
#include <thread>

namespace stockd::web {

using test::Client;
using test::Running;

namespace {

/// Everything but the date, for a golden file.
std::string comparable(const test::Reply& reply) {
    const std::regex date{"Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"};
    auto text = std::regex_replace(reply.head, date, "Date: (now)") + "\r\n" + reply.body;
    std::erase(text, '\r');
    return text;
}

}  // namespace

TEST_CASE("web: a product is answered over a socket", "[web]") {
    Running server;
    Client client{server.port()};
    const auto reply = client.get("/api/inventory/TEA-1");
    CHECK(comparable(reply) == test::golden("product.http", comparable(reply)));
}

TEST_CASE("web: a POST that a browser sends for a foreign page is refused", "[web]") {
    Running running;
    Client client{running.port()};
    const std::string request =
        "POST /api/inventory/cache HTTP/1.1\r\nHost: shop\r\nOrigin: "
        "http://evil\r\nContent-Length: 18\r\n\r\n"
        R"({"action":"clear"})";
    REQUIRE(client.send(request));
    const auto reply = client.read();
    CHECK(reply.status == 403);
}

TEST_CASE("web: errors are answered over a socket", "[web]") {
    Running server;
    Client client{server.port()};
    const auto unknown = client.get("/api/inventory/nope");
    CHECK(comparable(unknown) == test::golden("unknown_product.http", comparable(unknown)));
    const auto store = client.get("/api/inventory/TEA-1?store=nope");
    CHECK(comparable(store) == test::golden("unknown_store.http", comparable(store)));
    const auto query = client.get("/api/inventory/TEA-1?stor=BER-01");
    CHECK(comparable(query) == test::golden("bad_query.http", comparable(query)));
    const auto method = client.request("DELETE", "/api/inventory/cache");
    CHECK(comparable(method) == test::golden("wrong_method.http", comparable(method)));
    const auto path = client.get("/favicon.ico");
    CHECK(comparable(path) == test::golden("unknown_path.http", comparable(path)));
    const auto action = client.post("/api/inventory/cache", R"({"action":"delete"})");
    CHECK(comparable(action) == test::golden("wrong_action.http", comparable(action)));
}

TEST_CASE("web: a connection is kept for many requests", "[web]") {
    Running server;
    Client client{server.port()};
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.get("/api/inventory/TEA-1").status == 200);
    }
    CHECK(server.server().connections() == 1);
}

TEST_CASE("web: pipelined requests are answered in order", "[web]") {
    Running server;
    Client client{server.port()};
    std::string requests;
    const int count = 300;
    for (int i = 0; i < count; ++i) {
        requests += "GET /api/inventory/p" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    REQUIRE(client.send(requests));
    for (int i = 0; i < count; ++i) {
        const auto reply = client.read();
        REQUIRE(reply.status == 404);
        REQUIRE(reply.body.find("'p" + std::to_string(i) + "'") != std::string::npos);
    }
}

TEST_CASE("web: a wait in a pipeline holds back only what follows it", "[web]") {
    Running server;
    server.shop().hold(true);
    Client client{server.port()};
    const auto ticket = std::to_string(server.shop().commit(99));
    REQUIRE(client.send(
        "GET /api/inventory/NEW-1 HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /api/inventory/TEA-1?ticket=" +
        ticket +
        "&wait_ms=20000 HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /api/inventory/NEG-1 HTTP/1.1\r\nHost: x\r\n\r\n"
    ));
    CHECK(client.read().body.find("NEW-1") != std::string::npos);
    REQUIRE(test::eventually([&] { return server.shop().waiters() == 1; }));
    server.shop().drain();
    server.shop().hold(false);
    CHECK(client.read().body.find(R"("onHand":99)") != std::string::npos);
    CHECK(client.read().body.find("NEG-1") != std::string::npos);
}

TEST_CASE("web: a request may come byte by byte", "[web]") {
    Running server;
    Client client{server.port()};
    const std::string request =
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: "
        "20\r\n\r\n{\"action\":\"refresh\"}";
    for (const char c : request) {
        REQUIRE(client.send({&c, 1}));
    }
    CHECK(client.read().status == 200);
}

TEST_CASE("web: HEAD has the headers of GET and no body", "[web]") {
    Running server;
    Client client{server.port()};
    const auto length = client.get("/api/inventory/TEA-1").header("Content-Length");
    const auto head = client.request("HEAD", "/api/inventory/TEA-1");
    CHECK(head.status == 200);
    CHECK(head.header("Content-Length") == length);
    CHECK(client.get("/api/inventory/TEA-1").status == 200);
}

TEST_CASE("web: HTTP/1.0 closes unless it is asked to stay", "[web]") {
    Running server;
    Client client{server.port()};
    REQUIRE(client.send("GET /api/inventory/TEA-1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    CHECK(client.read().header("Connection") == "keep-alive");
    REQUIRE(client.send("GET /api/inventory/TEA-1 HTTP/1.0\r\n\r\n"));
    CHECK(client.read().header("Connection") == "close");
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
}

TEST_CASE("web: who sends his request and then hangs up still gets the answer", "[web]") {
    Running server;
    Client client{server.port()};
    REQUIRE(client.send("GET /api/inventory/TEA-1 HTTP/1.1\r\nHost: x\r\n\r\n"));
    client.shut_down_sending();
    CHECK(client.read().status == 200);
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
}

TEST_CASE("web: a chunked body is a body", "[web]") {
    Running server;
    Client client{server.port()};
    REQUIRE(client.send(
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "a\r\n{\"action\":\r\na\r\n\"refresh\"}\r\n0\r\n\r\n"
    ));
    CHECK(client.read().status == 200);
    CHECK(client.get("/api/inventory/TEA-1").status == 200);
}

TEST_CASE("web: a client that asks before it sends its body is told to go on", "[web]") {
    Running server;
    Client client{server.port()};
    REQUIRE(
        client.send("POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n"
                    "Expect: 100-continue\r\n\r\n")
    );
    CHECK(client.read(false).status == 100);
    REQUIRE(client.send("{\"action\":\"refresh\"}"));
    CHECK(client.read().status == 200);
}

TEST_CASE("web: a request id comes back, unless it could do harm", "[web]") {
    Running server;
    Client client{server.port()};
    REQUIRE(client.send("GET /x HTTP/1.1\r\nHost: x\r\nX-Request-Id: order-17.a_b\r\n\r\n"));
    CHECK(client.read().header("X-Request-Id") == "order-17.a_b");
    REQUIRE(client.send("GET /x HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\"b\r\n\r\n"));
    CHECK(client.read().header("X-Request-Id") == "(none)");
}

TEST_CASE("web: an exception costs its connection and nothing else", "[web]") {
    /// A follower with a defect.
    class Broken : public test::Shop {
      public:
        [[nodiscard]] FollowStatus status() const override { throw std::runtime_error("a defect"); }
    };

    Broken shop;
    std::atomic<int> caught{0};
    const observe::Observer observer{{[&](const observe::Observation& observation) {
        caught += std::holds_alternative<observe::ExceptionCaught>(observation) ? 1 : 0;
    }}};
    Api api{shop.cache(), shop, observer};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    const auto server = Server::listen(options, api, observer).value();
    server->start();
    Client other{server->port()};
    CHECK(other.get("/api/inventory/TEA-1").status == 200);
    Client client{server->port()};
    const auto reply = client.get("/api/inventory/cache");
    CHECK(reply.status == 500);
    CHECK(reply.body.find("a defect") == std::string::npos);
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
    CHECK(caught == 1);
    CHECK(other.get("/api/inventory/TEA-1").status == 200);
}

TEST_CASE("web: a taken port is one sentence", "[web]") {
    Running server;
    ServerOptions options;
    options.listen = "127.0.0.1:" + std::to_string(server.port());
    const auto second = Server::listen(options, server.api(), {});
    REQUIRE(second.has_error());
    CHECK(second.error().code == base::ErrorCode::kIo);
    CHECK(
        second.error().message ==
        "Cannot listen on " + options.listen + ": another program uses this port"
    );
}

TEST_CASE("web: addresses are read", "[web]") {
    const auto v4 = parse_listen_address("127.0.0.1:8080");
    REQUIRE(v4.has_value());
    CHECK(v4->host == "127.0.0.1");
    CHECK(v4->port == 8080);
    const auto v6 = parse_listen_address("[::1]:0");
    REQUIRE(v6.has_value());
    CHECK(v6->host == "::1");
    const auto* const text = GENERATE(
        "",
        ":",
        ":8080",
        "8080",
        "host",
        "host:",
        "host:65536",
        "host:-1",
        "::1:80",
        "[]:80",
        "[x]:80"
    );
    CHECK(parse_listen_address(text).has_error());
}

TEST_CASE("web: many clients at once get their own answers", "[web]") {
    Running server{{}, 2};
    std::vector<std::thread> threads;
    threads.reserve(8);
    std::atomic<int> right{0};
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            Client client{server.port()};
            for (int i = 0; i < 200; ++i) {
                const auto sku = "t" + std::to_string(t) + "-" + std::to_string(i);
                const auto ticket =
                    i % 20 == 0 ? "?ticket=" + std::to_string(server.shop().commit(i)) : "";
                const auto reply =
                    client.get(std::string{"/api/inventory/"}.append(sku).append(ticket));
                right += reply.body.find("'" + sku + "'") != std::string::npos ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(right == 1600);
}

}  // namespace stockd::web
