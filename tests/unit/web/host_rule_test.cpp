#include "web/host_rule.hpp"

#include "client.hpp"
#include "shop.hpp"
#include "web/api.hpp"
#include "web/server.hpp"

#include <catch2/catch.hpp>

namespace stockd::web {

TEST_CASE("web: a host rule allows addresses, localhost and what is listed", "[web]") {
    const HostRule rule{{"Shop.example", "other.example"}};
    const auto* const host = GENERATE(
        "",
        "localhost",
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]:8080",
        "[::1]",
        "10.1.2.3:80",
        "shop.example",
        "SHOP.EXAMPLE:443",
        "other.example"
    );
    INFO(host);
    CHECK(rule.allows(host));
}

TEST_CASE("web: a host rule allows no other name", "[web]") {
    const HostRule rule{{"shop.example"}};
    const auto* const host = GENERATE(
        "evil.test",
        "evil.test:8080",
        "localhost.evil.test",
        "xshop.example",
        "shop.example.evil",
        "127.0.0.1.evil.test:8080",
        "[::1].evil:80",
        "*",
        ":8080",
        "localhost:80:80",
        "[]:80",
        "shop.example@evil.test",
        "\xff"
    );
    INFO(host);
    CHECK_FALSE(rule.allows(host));
    CHECK(HostRule{}.allows(host));
    CHECK(HostRule{{"a", "*"}}.allows(host));
}

TEST_CASE("web: names are listed with commas between", "[web]") {
    CHECK(split_names("").empty());
    CHECK(split_names(" , ").empty());
    CHECK(split_names("a") == std::vector<std::string>{"a"});
    CHECK(split_names("a.b, c ,*") == std::vector<std::string>{"a.b", "c", "*"});
}

TEST_CASE("web: a page that makes its name resolve to this machine reads nothing", "[web]") {
    test::Shop shop;
    Api api{shop.cache(), shop, {}};
    ServerOptions options;
    options.listen = GENERATE("127.0.0.1:0", "localhost:0");
    options.allowed_hosts = {"shop.example"};
    const auto server = Server::listen(options, api, {}).value();
    server->start();
    const auto ask = [&](const std::string& method, const std::string& host) {
        test::Client client{server->port()};
        // One connection, so that what was allowed once is not allowed to all.
        client.send("GET /api/inventory/TEA-1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        CHECK(client.read().status == 200);
        client.send(
            method + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
            "\r\nContent-Length: 18\r\n\r\n{\"action\":\"clear\"}"
        );
        return client.read();
    };
    const std::string read = "GET /api/inventory/TEA-1";
    const std::string act = "POST /api/inventory/cache";
    const auto refused = ask(read, "evil.test:8080");
    CHECK(refused.status == 403);
    CHECK(refused.body.find(R"("code":"unknown_host")") != std::string::npos);
    CHECK(refused.body.find("'evil.test:8080'") != std::string::npos);
    CHECK(refused.body.find("TEA-1") == std::string::npos);
    CHECK(ask(act, "evil.test:8080").status == 403);
    CHECK(shop.cache().read().state().loaded);
    CHECK(ask(read, "\xff").status == 403);
    CHECK(ask(read, "shop.example").status == 200);
    CHECK(ask(act, "shop.example").status == 200);
}

TEST_CASE("web: a server that others can reach answers to any name", "[web]") {
    test::Shop shop;
    Api api{shop.cache(), shop, {}};
    ServerOptions options;
    options.listen = "0.0.0.0:0";
    options.allowed_hosts = {};
    const auto server = Server::listen(options, api, {}).value();
    server->start();
    test::Client client{server->port()};
    client.send("GET /api/inventory/TEA-1 HTTP/1.1\r\nHost: inventory.example\r\n\r\n");
    CHECK(client.read().status == 200);
}

}  // namespace stockd::web
