#include "pg/conninfo.hpp"

#include <catch2/catch.hpp>

using namespace stockd;

TEST_CASE("pg: a connection string is read without asking anybody", "[pg]") {
    const auto named = pg::parse_conninfo("postgresql://anna@db:5433/shop");
    REQUIRE(named.has_value());
    CHECK(named->size() == 4);
    CHECK(pg::parse_conninfo("").has_value());
    CHECK(pg::parse_conninfo("host=a,b port=5432,5433").has_value());
    CHECK(pg::parse_conninfo("host=@abstract,@other").has_value());
    CHECK(pg::parse_conninfo("postgresql://u:p%40ss@h/db").has_value());
    for (const auto* text :
         {"postgres://u:s3cret@h:port/db",
          "postgresql://u:s3cret@[bad",
          "password=s3cret port=99999",
          "port=0",
          "postgresql://u:pass@s3cret@h/db",
          "host=a,pass@s3cret",
          "nonsense=1"}) {
        const auto refused = pg::parse_conninfo(text);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == base::ErrorCode::kInvalidArgument);
        CHECK(base::describe(refused.error()).find("s3cret") == std::string::npos);
    }
}
