#include "client.hpp"
#include "running.hpp"

#include <catch2/catch.hpp>

namespace stockd::web {

using std::chrono::milliseconds;
using test::Client;
using test::Running;

namespace {

/// The answer, and that the connection is closed after it.
test::Reply last_answer(Client& client) {
    auto reply = client.read();
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
    CHECK(reply.header("Connection") == "close");
    CHECK(reply.header("Stockd-Stale") == "false");
    CHECK(reply.header("Content-Type") == "application/json");
    return reply;
}

}  // namespace

TEST_CASE("web: an endless header is cut off", "[web]") {
    Limits limits;
    limits.header_bytes_max = 4096;
    Running server{limits};
    Client client{server.port()};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n");
    SECTION("of many fields") {
        for (int i = 0; i < 1000; ++i) {
            if (!client.send("X-Field-" + std::to_string(i) + ": some value\r\n")) {
                break;
            }
        }
    }
    SECTION("of one long field") {
        client.send("X-Field: " + std::string(100'000, 'x'));
    }
    SECTION("of one long field name") {
        client.send(std::string(100'000, 'x'));
    }
    CHECK(last_answer(client).status == 431);
    CHECK(server.refusals() == std::vector<std::string>{"header_too_large"});
}

TEST_CASE("web: an endless request line is cut off", "[web]") {
    Running server;
    Client client{server.port()};
    client.send("GET /" + std::string(100'000, 'x'));
    CHECK(last_answer(client).status == 431);
}

TEST_CASE("web: a header of exactly the limit is taken", "[web]") {
    Limits limits;
    limits.header_bytes_max = 4096;
    Running server{limits};
    const std::string start = "GET /x HTTP/1.1\r\nHost: x\r\nX-Field: ";
    const std::string end = "\r\n\r\n";
    Client right{server.port()};
    right.send(start + std::string(4096 - start.size() - end.size(), 'x') + end);
    CHECK(right.read().status == 404);
    Client over{server.port()};
    over.send(start + std::string(4096 - start.size() - end.size() + 1, 'x') + end);
    CHECK(last_answer(over).status == 431);
}

TEST_CASE("web: a large body is refused, and its sender gets to read why", "[web]") {
    Running server;
    Client client{server.port()};
    const std::string megabyte(1'000'000, 'x');
    client.send("POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    );
    for (int i = 0; i < 10; ++i) {
        REQUIRE(client.send(megabyte));
    }
    client.shut_down_sending();
    CHECK(last_answer(client).status == 413);
}

TEST_CASE("web: a body that hides its size is refused when it is too large", "[web]") {
    Limits limits;
    limits.body_bytes_max = 1000;
    Running server{limits};
    Client client{server.port()};
    client.send(
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    SECTION("in large chunks") {
        client.send("7d0\r\n" + std::string(2000, 'x') + "\r\n");
    }
    SECTION("in small chunks") {
        for (int i = 0; i < 1001; ++i) {
            client.send("1\r\nx\r\n");
        }
    }
    SECTION("in chunk extensions") {
        client.send("1;" + std::string(100'000, 'x'));
    }
    const auto status = last_answer(client).status;
    CHECK((status == 413 || status == 400));
}

TEST_CASE("web: what is not HTTP is refused", "[web]") {
    Running server;
    Client client{server.port()};
    const auto* const bytes = GENERATE(
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",                        // no Host
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",  // two
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: "
        "2\r\n\r\nab",
        // Two ways to say where the body ends are a way to smuggle a request past a proxy.
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    );
    client.send(bytes);
    CHECK(last_answer(client).status == 400);
}

TEST_CASE("web: another version of HTTP is named", "[web]") {
    Running server;
    Client client{server.port()};
    client.send(GENERATE(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/1.1\nHost: x\n\n"
    ));
    CHECK(last_answer(client).status == 505);
}

TEST_CASE("web: half a request held open is cut off", "[web]") {
    Limits limits;
    limits.request_timeout = milliseconds{100};
    Running server{limits};
    Client client{server.port()};
    SECTION("in its header") {
        client.send("GET /api/inventory/TEA-1 HTTP/1.1\r\nHost:");
    }
    SECTION("in its body") {
        client.send("POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{");
    }
    SECTION("after a whole one") {
        client.send("GET /api/inventory/TEA-1 HTTP/1.1\r\nHost: x\r\n\r\nGET");
        CHECK(client.read().status == 200);
    }
    CHECK(last_answer(client).status == 408);
}

TEST_CASE("web: a request that trickles in is cut off all the same", "[web]") {
    Limits limits;
    limits.request_timeout = milliseconds{200};
    Running server{limits};
    Client client{server.port()};
    client.send("GET / HTTP/1.1\r\nHost: x\r\n");
    const auto start = std::chrono::steady_clock::now();
    while (server.refusals().empty() &&
           std::chrono::steady_clock::now() - start < std::chrono::seconds{10}) {
        client.send("X: y\r\n");
        std::this_thread::yield();
    }
    const auto refusals = server.refusals();
    REQUIRE_FALSE(refusals.empty());
    // Whichever limit it meets first.
    CHECK((refusals.front() == "request_timeout" || refusals.front() == "header_too_large"));
}

TEST_CASE("web: who says nothing is closed without a word", "[web]") {
    Limits limits;
    limits.request_timeout = milliseconds{100};
    limits.idle_timeout = milliseconds{100};
    Running server{limits};
    Client client{server.port()};
    SECTION("at first") {}
    SECTION("after a request") {
        CHECK(client.get("/api/inventory/TEA-1").status == 200);
    }
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
    CHECK(test::eventually([&] { return server.server().connections() == 0; }));
}

TEST_CASE("web: who takes nothing of his answers is closed", "[web]") {
    Limits limits;
    limits.write_timeout = milliseconds{100};
    Running server{limits};
    Client client{server.port()};
    std::string requests;
    for (int i = 0; i < 2000; ++i) {
        requests += "GET /api/inventory HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    // The client's side gives up sending when the server takes no more.
    std::thread sender{[&] {
        for (int i = 0; i < 50 && client.send(requests); ++i) {
        }
    }};
    CHECK(test::eventually([&] { return server.server().connections() == 1; }));
    CHECK(test::eventually([&] { return server.server().connections() == 0; }));
    sender.join();
}

TEST_CASE("web: connections beyond the limit are told so", "[web]") {
    Limits limits;
    limits.connections_max = 2;
    Running server{limits};
    Client first{server.port()};
    Client second{server.port()};
    CHECK(first.get("/api/inventory/TEA-1").status == 200);
    CHECK(second.get("/api/inventory/TEA-1").status == 200);
    {
        Client third{server.port()};
        const auto reply = third.get("/api/inventory/TEA-1");
        CHECK(reply.status == 503);
        CHECK(reply.body.find("too_many_connections") != std::string::npos);
    }
    CHECK(test::eventually([&] { return server.server().connections() == 2; }));
    CHECK(first.get("/api/inventory/TEA-1").status == 200);
}

TEST_CASE("web: limits can be changed while the server runs", "[web]") {
    Running server;
    Client client{server.port()};
    CHECK(client.get("/api/inventory?limit=1000").status == 200);
    Limits limits;
    limits.page_max = 10;
    server.server().set_limits(limits);
    CHECK(test::eventually([&] { return client.get("/api/inventory?limit=1000").status == 400; }));
}

TEST_CASE("web: a thousand long codes fit into one request", "[web]") {
    Running server;
    Client client{server.port()};
    std::string target = "/api/inventory?ids=";
    for (int i = 0; i < 1000; ++i) {
        target += (i == 0 ? "" : ",") + std::string{"0123456789-0123456789-"} + std::to_string(i);
    }
    CHECK(client.get(target).status == 200);
}

TEST_CASE("web: a wait that nobody ends is ended by the server", "[web]") {
    Limits limits;
    limits.action_timeout = milliseconds{50};
    Running server{limits};
    server.shop().hold(true);
    Client client{server.port()};
    const auto reply = client.post("/api/inventory/cache", R"({"action":"refresh"})");
    CHECK(reply.status == 504);
    // Its late end finds nobody, and the connection is as good as before.
    server.shop().hold(false);
    CHECK(client.get("/api/inventory/TEA-1").status == 200);
}

}  // namespace stockd::web
