#include "client.hpp"
#include "running.hpp"

#include <catch2/catch.hpp>

#include <future>

namespace stockd::web {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::Client;
using test::Running;

TEST_CASE("web: a stop closes idle connections at once", "[web]") {
    Running server;
    Client client{server.port()};
    CHECK(client.get("/api/inventory/TEA-1").status == 200);
    const auto start = steady_clock::now();
    server.server().stop();
    CHECK(steady_clock::now() - start < milliseconds{2000});
    bool is_closed = false;
    CHECK(client.read_to_end(is_closed).empty());
    CHECK(is_closed);
    Client late{server.port()};
    CHECK(late.get("/api/inventory/TEA-1").status == 0);
}

TEST_CASE("web: a stop lets what is in flight finish", "[web]") {
    Running server;
    server.shop().hold(true);
    Client waiting{server.port()};
    const auto ticket = std::to_string(server.shop().commit(5));
    REQUIRE(waiting.send(
        "GET /api/inventory/TEA-1?wait_ms=30000&ticket=" + ticket + " HTTP/1.1\r\nHost: x\r\n\r\n"
    ));
    REQUIRE(test::eventually([&] { return server.shop().waiters() == 1; }));
    Client half{server.port()};
    REQUIRE(half.send("GET /api/inventory/NEW-1 HTTP/1.1\r\nHo"));
    REQUIRE(test::eventually([&] { return server.server().connections() == 2; }));
    auto stopped = std::async(std::launch::async, [&] { server.server().stop(); });
    // Nobody new is let in once the stop has begun.
    REQUIRE(test::eventually([&] { return Client{server.port()}.get("/x").status == 0; }));
    REQUIRE(half.send("st: x\r\n\r\n"));
    const auto answer = half.read();
    CHECK(answer.status == 200);
    CHECK(answer.header("Connection") == "close");
    server.shop().drain();
    server.shop().hold(false);
    const auto waited = waiting.read();
    CHECK(waited.status == 200);
    CHECK(waited.header("Connection") == "close");
    CHECK(waited.body.find(R"("onHand":5)") != std::string::npos);
    stopped.get();
}

TEST_CASE("web: a stop ends what does not finish within the grace", "[web]") {
    Running server{{}, 1, milliseconds{100}};
    server.shop().hold(true);
    Client waiting{server.port()};
    REQUIRE(
        waiting.send("POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
                     "{\"action\":\"refresh\"}")
    );
    REQUIRE(test::eventually([&] { return server.shop().waiters() == 1; }));
    Client half{server.port()};
    REQUIRE(half.send("GET /api"));
    REQUIRE(test::eventually([&] { return server.server().connections() == 2; }));
    const auto start = steady_clock::now();
    server.server().stop();
    CHECK(steady_clock::now() - start < milliseconds{3000});
    const auto reply = waiting.read();
    CHECK(reply.status == 503);
    CHECK(reply.body.find("stopping") != std::string::npos);
}

TEST_CASE("web: a stop ends by the deadline that it is given", "[web]") {
    // So that two servers that are stopped one after the other share one grace.
    Running server{{}, 1, std::chrono::minutes{1}};
    server.shop().hold(true);
    Client waiting{server.port()};
    REQUIRE(
        waiting.send("POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
                     "{\"action\":\"refresh\"}")
    );
    REQUIRE(test::eventually([&] { return server.shop().waiters() == 1; }));
    auto stopped =
        std::async(std::launch::async, [&] { server.server().stop(steady_clock::now()); });
    CHECK(waiting.read().status == 503);
    stopped.get();
}

TEST_CASE("web: a completion that comes after the server is gone does nothing", "[web]") {
    test::Shop shop;
    Api api{shop.cache(), shop, {}};
    shop.hold(true);
    {
        ServerOptions options;
        options.listen = "127.0.0.1:0";
        options.stop_grace = milliseconds{1};
        auto server = Server::listen(options, api, {}).value();
        server->start();
        Client client{server->port()};
        REQUIRE(client.send(
            "POST /api/inventory/cache HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
            "{\"action\":\"refresh\"}"
        ));
        REQUIRE(test::eventually([&] { return shop.waiters() == 1; }));
    }
    CHECK(api.waiting() == 0);
    shop.hold(false);
}

TEST_CASE("web: a server that was never started stops too", "[web]") {
    test::Shop shop;
    Api api{shop.cache(), shop, {}};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    auto server = Server::listen(options, api, {}).value();
    CHECK(server->port() != 0);
    CHECK(server->address() == "127.0.0.1:" + std::to_string(server->port()));
}

}  // namespace stockd::web
