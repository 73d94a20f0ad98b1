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

TEST_CASE("pg: what cannot be read in a connection string is said whole", "[pg]") {
    const auto detail = [](const char* text) { return pg::parse_conninfo(text).error().detail; };
    CHECK(detail("s3cret") == "Missing \"=\".");
    CHECK(detail("s3cr\"et") == "Missing \"=\".");
    CHECK(detail("nonsense=1") == "Invalid connection option.");
    CHECK(detail("password='s3cret") == "Unterminated quoted string in connection info string.");
    CHECK(
        detail("postgresql://u:s3cret@[bad") ==
        "End of string reached when looking for matching \"]\" in IPv6 host address in URI."
    );
}

TEST_CASE("pg: a connection string is shown as it was written, without its passwords", "[pg]") {
    CHECK(pg::mask_conninfo("").empty());
    CHECK(pg::mask_conninfo("host=h dbname=shop") == "host=h dbname=shop");
    CHECK(pg::mask_conninfo("postgresql://me@h:5433/shop") == "postgresql://me@h:5433/shop");
    CHECK(pg::mask_conninfo("postgresql://me:s3cret@h/shop") == "postgresql://me:***@h/shop");
    CHECK(pg::mask_conninfo("host=h password=s3&cret") == "host=h password=***");
}

TEST_CASE("pg: whatever libpq takes for a password is not shown", "[pg]") {
    for (const auto* text :
         {"postgresql://me:s3\"cret@h/d",
          "postgresql://me:s3/cret@h/d",
          "postgresql://me:s3 cret@h/d",
          "postgresql://me:s3 cret@h/d?password=x",
          "postgresql://h/d?pass%77ord=s3cret",
          "postgresql://h/d?sslp%61ssword=s3cret&user=me",
          "host=h password='s3\\' cret'",
          "host=h password = s3\"cret",
          "host=h password=s3\\ cret",
          "dbname='postgres://me:s3cret@h/d'",
          "s3cret=s3cret",
          "password='s3cret"}) {
        const auto shown = pg::mask_conninfo(text);
        INFO(text << " is shown as " << shown);
        CHECK_THAT(shown, !Catch::Contains("s3") && !Catch::Contains("cret"));
    }
}
