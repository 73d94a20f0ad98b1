#include "client.hpp"
#include "running.hpp"

#include <catch2/catch.hpp>

/// Answers that a client does not take at once.
namespace stockd::web {

using test::Client;
using test::eventually;
using test::Running;

namespace {

/// So little that a client's kernel takes nearly nothing for it.
constexpr int kTiny = 16 * 1024;

std::string get(std::string_view target) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: shop\r\n\r\n";
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("web: pipelined waits behind an answer that is not taken yet all get theirs", "[web]") {
    Running server;
    server.shop().add_bulk(100, 100'000);
    Client client{server.port(), kTiny};
    server.shop().hold(true);
    const auto ticket = std::to_string(server.shop().commit(77));  // version 8
    client.send(
        get("/api/inventory?limit=1000&wait_ms=30000&ticket=" + ticket) +
        get("/api/inventory/TEA-1?store=BER-01&min_version=9&wait_ms=30000") +
        get("/api/inventory/TEA-1?store=HAM-02&min_version=7") +
        get("/api/inventory/TEA-1?store=BER-01&min_version=10&wait_ms=30000") +
        get("/api/inventory/NEG-1")
    );
    REQUIRE(eventually([&] { return server.shop().waiters() == 1; }));
    server.shop().hold(false);
    server.shop().drain();
    CHECK(client.read().body.size() > 1'000'000);
    REQUIRE(eventually([&] { return server.shop().waiters() == 1; }));
    server.shop().commit(78);
    server.shop().drain();
    CHECK(contains(client.read().body, R"("storeId":"BER-01","onHand":78)"));
    CHECK(contains(client.read().body, R"("storeId":"HAM-02","onHand":58)"));
    REQUIRE(eventually([&] { return server.shop().waiters() == 1; }));
    server.shop().commit(79);
    server.shop().drain();
    CHECK(contains(client.read().body, R"("storeId":"BER-01","onHand":79)"));
    CHECK(contains(client.read().body, R"("productId":"NEG-1")"));
    CHECK(server.api().waiting() == 0);
}

TEST_CASE("web: what is answered goes on being sent while the next request waits", "[web]") {
    Running server;
    server.shop().add_bulk(1, 10'000);
    server.shop().hold(true);
    const auto ticket = std::to_string(server.shop().commit(77));
    // The bytes that the two kernels hold are not known, so many amounts: at some of them the last
    // answers before the wait do not fit.
    for (int answers = 1; answers <= 60; ++answers) {
        Client client{server.port(), kTiny};
        std::string requests;
        for (int i = 0; i < answers; ++i) {
            requests += get("/api/inventory/BULK-000000");
        }
        client.send(requests + get("/api/inventory/TEA-1?wait_ms=30000&ticket=" + ticket));
        for (int i = 0; i < answers; ++i) {
            INFO(answers << " answers, number " << i);
            REQUIRE(client.read().status == 200);
        }
    }
    server.shop().hold(false);
    server.shop().drain();
}

TEST_CASE("web: who takes nothing is closed also while his next request waits", "[web]") {
    Limits limits;
    limits.write_timeout = std::chrono::milliseconds{100};
    Running server{limits};
    server.shop().add_bulk(1, 10'000);
    server.shop().hold(true);
    const auto ticket = std::to_string(server.shop().commit(77));
    std::vector<std::unique_ptr<Client>> clients;
    for (int answers = 1; answers <= 60; ++answers) {
        std::string requests;
        for (int i = 0; i < answers; ++i) {
            requests += get("/api/inventory/BULK-000000");
        }
        clients.push_back(std::make_unique<Client>(server.port(), kTiny));
        REQUIRE(clients.back()->get("/api/inventory/TEA-1").status == 200);
        clients.back()->send(requests + get("/api/inventory/TEA-1?wait_ms=30000&ticket=" + ticket));
    }
    // Those stay whose answers fit into the kernels: they only wait.
    CHECK(eventually([&] {
        const auto waiting = static_cast<std::int64_t>(server.api().waiting());
        const auto connections = server.server().connections();
        return waiting > 0 && connections < 60 && waiting == connections &&
               server.server().unsent_bytes() == 0;
    }));
    server.shop().hold(false);
    server.shop().drain();
}

TEST_CASE("web: large answers are refused while clients leave too much to the server", "[web]") {
    Limits limits;
    limits.unsent_bytes_max = 1'000'000;
    // Twenty answers of 4 MB take long in a build with a sanitizer, and the first one is not taken
    // before.
    limits.write_timeout = std::chrono::minutes{2};
    Running server{limits};
    server.shop().add_bulk(100, 100'000);
    std::vector<std::unique_ptr<Client>> greedy;
    for (int i = 0; i < 20; ++i) {
        greedy.push_back(std::make_unique<Client>(server.port(), kTiny));
        greedy.back()->send(get("/api/inventory?limit=1000"));
    }
    // However many ask, one page above the limit is the most that one worker comes to hold.
    REQUIRE(eventually([&] { return server.refusals().size() == 19; }));
    CHECK(server.refusals().front() == "too_much_unsent");
    CHECK(server.server().unsent_bytes() > 1'000'000);
    CHECK(server.server().unsent_bytes() < 5'000'000);

    Client client{server.port()};
    const auto refused = client.get("/api/inventory?limit=1000");
    CHECK(refused.status == 503);
    CHECK(contains(refused.body, R"("code":"too_much_unsent")"));
    CHECK(contains(refused.body, R"("hint":"Ask again later)"));
    CHECK(refused.header("Stockd-Stale") == "false");
    CHECK(refused.header("Connection") == "(none)");
    // What is small is answered, and a HEAD has no body.
    CHECK(client.get("/api/inventory/TEA-1").status == 200);
    CHECK(client.request("HEAD", "/api/inventory?limit=1000").status == 200);

    SECTION("until they have taken it") {
        std::size_t bytes = 0;
        for (const auto& each : greedy) {
            bytes = std::max(bytes, each->read().body.size());
        }
        CHECK(bytes > 4'000'000);
    }
    SECTION("until they are gone") {
        greedy.clear();
    }
    CHECK(eventually([&] { return server.server().unsent_bytes() == 0; }));
    CHECK(client.get("/api/inventory?limit=1000").status == 200);
}

TEST_CASE("web: the limit of unsent bytes can be changed while the server runs", "[web]") {
    Limits limits;
    limits.unsent_bytes_max = 0;
    Running server{limits};
    server.shop().add_bulk(100, 10'000);
    Client client{server.port()};
    CHECK(client.get("/api/inventory").status == 503);
    server.server().set_limits({});
    CHECK(eventually([&] { return client.get("/api/inventory").status == 200; }));
}

TEST_CASE("web: a client that takes slowly but steadily gets his answer whole", "[web]") {
    Limits limits;
    limits.write_timeout = std::chrono::milliseconds{1000};
    Running server{limits};
    server.shop().add_bulk(100, 10'000);
    Client client{server.port(), kTiny};
    client.send(get("/api/inventory"));
    // Far more bytes wait in the kernel than are taken within a time-out.
    const auto start = std::chrono::steady_clock::now();
    const auto elapsed = [start] { return std::chrono::steady_clock::now() - start; };
    constexpr std::int64_t kBytesPerMs = 50;
    std::int64_t taken = 0;
    while (elapsed() < 4 * limits.write_timeout) {
        if (taken > elapsed() / std::chrono::milliseconds{1} * kBytesPerMs) {
            std::this_thread::yield();
        } else {
            REQUIRE(client.take(kBytesPerMs));
            taken += kBytesPerMs;
        }
    }
    CHECK(server.server().connections() == 1);
    CHECK(client.read().body.size() > 1'000'000);
}

}  // namespace stockd::web
