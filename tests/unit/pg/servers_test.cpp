#include "pg/servers.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace stockd;
using namespace std::chrono_literals;
using pg::Server;

TEST_CASE("pg: the servers of a connection string are told apart", "[pg]") {
    CHECK(
        pg::servers_of("postgresql://u@a,b:5433,[::1]:5434/db") ==
        std::vector<Server>{{"a", "", "5432"}, {"b", "", "5433"}, {"::1", "", "5434"}}
    );
    CHECK(pg::servers_of("host=a,b port=7") == std::vector<Server>{{"a", "", "7"}, {"b", "", "7"}});
    CHECK(
        pg::servers_of("host=a,b hostaddr=10.0.0.1,10.0.0.2 port=1,2") ==
        std::vector<Server>{{"a", "10.0.0.1", "1"}, {"b", "10.0.0.2", "2"}}
    );
    CHECK(
        pg::servers_of("host=/run/a,/run/b port=1") ==
        std::vector<Server>{{"/run/a", "", "1"}, {"/run/b", "", "1"}}
    );
}

TEST_CASE("pg: what names one server, or nothing that fits, is left to libpq", "[pg]") {
    for (const auto* text :
         {"host=a port=1",
          "host=a,b,c port=1,2",
          "host=a,b hostaddr=10.0.0.1 port=1",
          "host=a,,c port=1",
          "not a conninfo"}) {
        INFO(text);
        CHECK(pg::servers_of(text).empty());
    }
}

TEST_CASE("pg: servers share the time, each within its own limit", "[pg]") {
    const base::SteadyTime now{};
    CHECK(pg::share_of(now, now + 9s, 3, 0s) == now + 3s);
    CHECK(pg::share_of(now, now + 9s, 1, 0s) == now + 9s);
    CHECK(pg::share_of(now, now + 9s, 3, 2s) == now + 2s);
    CHECK(pg::connect_timeout_of("host=a connect_timeout=1") == 2s);
    CHECK(pg::connect_timeout_of("host=a connect_timeout=30") == 30s);
    CHECK(pg::connect_timeout_of("host=a connect_timeout=0") == 0s);
}
