#include "web/json.hpp"

#include "web/problem.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <limits>
#include <string>

namespace stockd::web {

using namespace std::string_literals;

namespace {

template <class T>
std::string json_of(T value) {
    std::string out;
    append_json(out, value);
    return out;
}

}  // namespace

TEST_CASE("web: strings are written as JSON", "[web]") {
    CHECK(json_of(std::string_view{""}) == R"("")");
    CHECK(json_of(std::string_view{"plain"}) == R"("plain")");
    CHECK(json_of(std::string_view{"a\"b\\c/d"}) == R"("a\"b\\c/d")");
    CHECK(json_of(std::string_view{"\n\r\t\b\f"}) == R"("\n\r\t\b\f")");
    CHECK(json_of(std::string_view{"\x01\x1f"}) == "\"\\u0001\\u001f\"");
    CHECK(json_of(std::string_view{"\u00e9\u20ac\x7f"}) == "\"\u00e9\u20ac\x7f\"");
    CHECK(json_of(std::string_view{"a\0b"s}) == R"("a\u0000b")");
}

TEST_CASE("web: every string survives a JSON parser", "[web]") {
    std::string text;
    for (int c = 0; c < 0x80; ++c) {
        text += static_cast<char>(c);
    }
    text += "\u00e9\u20ac\U0001F600";
    CHECK(boost::json::parse(json_of(std::string_view{text})).as_string() == text);
}

TEST_CASE("web: numbers, booleans and times are written as JSON", "[web]") {
    CHECK(json_of(std::int64_t{0}) == "0");
    CHECK(json_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(json_of(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(json_of(true) == "true");
    CHECK(json_of(false) == "false");
    CHECK(json_of(base::Timestamp{1'737'628'200'000'000}) == R"("2025-01-23T10:30:00.000Z")");
}

TEST_CASE("web: a problem says what, which and what to do", "[web]") {
    std::string out;
    append_problem(out, bad_request("It is 'wrong'", "Do \"this\"."));
    CHECK(
        out ==
        R"({"success":false,"error":"It is 'wrong'","code":"invalid_argument","message":"It is 'wrong'","hint":"Do \"this\"."})"
    );
    out.clear();
    append_problem(
        out,
        to_problem({
            .code = base::ErrorCode::kTimeout,
            .message = "m",
            .detail = "d",
            .hint = "h",
            .sqlstate = "",
        })
    );
    CHECK(
        out ==
        R"({"success":false,"error":"m","code":"timeout","message":"m","hint":"h","detail":"d"})"
    );
}

TEST_CASE("web: outside text in a message is cut between characters", "[web]") {
    CHECK(quoted("abc") == "'abc'");
    CHECK(quoted(std::string(100, 'x')) == "'" + std::string(100, 'x') + "'");
    CHECK(quoted(std::string(101, 'x')) == "'" + std::string(100, 'x') + "...'");
    CHECK(quoted(std::string(99, 'x') + "\u20ac") == "'" + std::string(99, 'x') + "...'");
}

}  // namespace stockd::web
