#include "cli/command.hpp"
#include "cli/database_products.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace stockd {

using cli::conninfo;
using cli::Globals;

namespace {

/// STOCKD_DATABASE_URL for one test.
class Environment {
  public:
    explicit Environment(const char* value) { (void)setenv("STOCKD_DATABASE_URL", value, 1); }

    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    Environment(Environment&&) = delete;
    Environment& operator=(Environment&&) = delete;

    ~Environment() { (void)unsetenv("STOCKD_DATABASE_URL"); }
};

Globals database(const std::string& text) {
    Globals globals;
    globals.database = text;
    return globals;
}

std::string of(const Globals& globals) {
    const auto info = conninfo(globals);
    REQUIRE(info.has_value());
    return *info;
}

}  // namespace

TEST_CASE("cli: a database is a name, key=value pairs or a URL", "[cli]") {
    (void)unsetenv("STOCKD_DATABASE_URL");
    CHECK(of({}).empty());
    CHECK(of(database("shop")) == "dbname='shop'");
    CHECK(of(database("my 'shop\\")) == "dbname='my \\'shop\\\\'");
    CHECK(of(database("host=/run dbname=shop")) == "dbname='shop' host='/run'");
    const auto url = of(database("postgresql://anna@db:5433/shop"));
    CHECK(url.find("user='anna'") != std::string::npos);
    CHECK(url.find("host='db'") != std::string::npos);
    CHECK(url.find("port='5433'") != std::string::npos);
    CHECK(url.find("dbname='shop'") != std::string::npos);
}

TEST_CASE("cli: an option wins over STOCKD_DATABASE_URL, which stands in for -d", "[cli]") {
    const Environment environment("postgresql://anna@db/shop");
    CHECK(of({}).find("dbname='shop'") != std::string::npos);
    CHECK(of(database("other")) == "dbname='other'");
    Globals globals;
    globals.host = "elsewhere";
    globals.port = "1";
    globals.user = "bert";
    const auto merged = of(globals);
    CHECK(merged.find("host='elsewhere'") > merged.find("host='db'"));
    CHECK(merged.ends_with("host='elsewhere' port='1' user='bert'"));
}

TEST_CASE("cli: a database that cannot be read is refused without repeating a password", "[cli]") {
    (void)unsetenv("STOCKD_DATABASE_URL");
    for (const auto* text :
         {"postgresql://anna:s3cret@[db/shop",
          "password=s3cret nonsense=1",
          "host='open password=s3cret"}) {
        const auto info = conninfo(database(text));
        REQUIRE(info.has_error());
        CHECK(info.error().code == base::ErrorCode::kInvalidArgument);
        CHECK(base::describe(info.error()).find("s3cret") == std::string::npos);
    }
}

TEST_CASE("cli: texts become one array parameter whatever they hold", "[cli]") {
    CHECK(cli::to_array_literal({}) == "{}");
    CHECK(
        cli::to_array_literal({"a", "b,c", R"(d"e\f)", "", "NULL"}) ==
        R"({"a","b,c","d\"e\\f","","NULL"})"
    );
}

}  // namespace stockd
