#include "importer/values.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace importer = stockd::importer;

TEST_CASE("importer: whole numbers are read as spreadsheets write them", "[importer]") {
    CHECK(importer::parse_integer("5").value() == 5);
    CHECK(importer::parse_integer(" -5 ").value() == -5);
    CHECK(importer::parse_integer("+7").value() == 7);
    CHECK(importer::parse_integer("3.0000").value() == 3);
    CHECK(
        importer::parse_integer("9223372036854775807").value() ==
        std::numeric_limits<std::int64_t>::max()
    );
    CHECK(
        importer::parse_integer("-9223372036854775808").value() ==
        std::numeric_limits<std::int64_t>::min()
    );
}

TEST_CASE("importer: what is no whole number is an error that shows it", "[importer]") {
    const auto text = GENERATE(
        "",
        "-",
        "+",
        "+-5",
        "abc",
        "1e3",
        "0x10",
        "1,000",
        "2.5",
        "1.0x",
        "1 2",
        "9223372036854775808"
    );
    const auto number = importer::parse_integer(text);
    REQUIRE(number.has_error());
    CHECK(number.error().message.find("\"" + std::string(text) + "\"") == 0);
}

TEST_CASE("importer: money loses its sign, blanks and groups", "[importer]") {
    CHECK(importer::parse_money("$9.99 ").value() == "9.99");
    CHECK(importer::parse_money("\xC2\xA3 1,250.00").value() == "1250.00");
    CHECK(importer::parse_money("2.5500 \xE2\x82\xAC").value() == "2.5500");
    CHECK(importer::parse_money("0").value() == "0");
    CHECK(importer::parse_money("1,234,567").value() == "1234567");
    CHECK(importer::parse_money("0.12300000").value() == "0.123000");
    CHECK(importer::parse_money("5.").value() == "5");
}

TEST_CASE("importer: amounts stay exact and become numbers of JSON", "[importer]") {
    CHECK(importer::parse_amount(" 7 ").value() == "7");
    CHECK(importer::parse_amount(".5").value() == "0.5");
    CHECK(importer::parse_amount("+007.250").value() == "7.25");
    CHECK(importer::parse_amount("5.").value() == "5");
    CHECK(
        importer::parse_amount("999999999999999.123456789").value() == "999999999999999.123456789"
    );
    CHECK(importer::parse_amount("0000000000000000001.0000000000").value() == "1");
    const auto wrong = GENERATE(
        "",
        ".",
        "-",
        "+",
        "1e3",
        "0",
        "-1",
        "0.000",
        "1,5",
        "1 2",
        "+-1",
        "1000000000000000",
        "0.0000000001",
        "NaN",
        "0x1"
    );
    CHECK(importer::parse_amount(wrong).has_error());
}

TEST_CASE("importer: a ratio is an exact fraction or none", "[importer]") {
    using Fraction = std::pair<std::int64_t, std::int64_t>;
    CHECK(importer::parse_ratio("0.004").value() == Fraction{1, 250});
    CHECK(importer::parse_ratio("2").value() == Fraction{2, 1});
    CHECK(importer::parse_ratio("12.50").value() == Fraction{25, 2});
    CHECK(importer::parse_ratio(" 2 / 6 ").value() == Fraction{1, 3});
    CHECK(importer::parse_ratio("1000000").value() == Fraction{1'000'000, 1});
    CHECK(importer::parse_ratio("0.000001").value() == Fraction{1, 1'000'000});
    CHECK(importer::parse_ratio("2000002/2").has_error());
    const auto wrong = GENERATE(
        "",
        "/",
        "1/",
        "/2",
        "0",
        "1/0",
        "-1/2",
        "1/2/3",
        "0.3333333",
        "0.0000001",
        "1000001",
        "999999999999999",
        "1/9223372036854775807"
    );
    CHECK(importer::parse_ratio(wrong).has_error());
}

TEST_CASE("importer: what is no money, or does not fit numeric(18, 6), is an error", "[importer]") {
    const auto text = GENERATE(
        "",
        "$",
        "-1",
        "-$1",
        "1,2",
        "12,34",
        "1,2345",
        ",123",
        "1.2.3",
        "one",
        "1234567890123",
        "0.1234567"
    );
    CHECK(importer::parse_money(text).has_error());
}

TEST_CASE("importer: dates and times are checked as a calendar does", "[importer]") {
    const auto right = GENERATE(
        "2010-12-01",
        "2010-12-01 08:26",
        "2010-12-01 08:26:00",
        "2010-12-01T08:26:00.123456",
        "2010-12-01 08:26:00Z",
        "2010-12-01 08:26:00 +01",
        "2010-12-01 08:26+05:30",
        "2010-12-01 08:26-0330",
        "2000-02-29",
        "1998-01-07 00:00:00.0"
    );
    CHECK(importer::parse_time(right).value() == right);
}

TEST_CASE("importer: what is no date or time is an error", "[importer]") {
    const auto wrong = GENERATE(
        "",
        "2010",
        "2010-13-01",
        "2010-00-01",
        "2010-02-29",
        "1900-02-29",
        "2010-12-32",
        "0000-01-01",
        "01/12/2010",
        "2010-12-01 24:00",
        "2010-12-01 8:26",
        "2010-12-01 08:60",
        "2010-12-01 08:26:60",
        "2010-12-01 08:26:00.",
        "2010-12-01 08:26 +15",
        "2010-12-01 08:26 CET",
        "2010-12-01x",
        "now",
        "infinity",
        "20101-12-01"
    );
    CHECK(importer::parse_time(wrong).has_error());
}

TEST_CASE("importer: booleans in the usual words", "[importer]") {
    CHECK(importer::parse_boolean("Yes").value());
    CHECK(importer::parse_boolean("1").value());
    CHECK_FALSE(importer::parse_boolean("FALSE").value());
    CHECK(importer::parse_boolean("maybe").has_error());
}

TEST_CASE("importer: only ASCII letters are folded", "[importer]") {
    std::string text = "85123a \xC3\xA9";
    importer::fold_upper(text);
    CHECK(text == "85123A \xC3\xA9");
}

TEST_CASE("importer: patterns match as in a shell", "[importer]") {
    CHECK(importer::matches_glob("C536379", "C*"));
    CHECK(importer::matches_glob("", ""));
    CHECK(importer::matches_glob("", "*"));
    CHECK(importer::matches_glob("gift_0001_10", "gift_*_1?"));
    CHECK(importer::matches_glob("aXbXc", "*X*c"));
    CHECK_FALSE(importer::matches_glob("536379", "C*"));
    CHECK_FALSE(importer::matches_glob("x", ""));
    CHECK_FALSE(importer::matches_glob("M", "m"));
    CHECK_FALSE(importer::matches_glob("ab", "?"));
}

TEST_CASE("importer: lengths count characters", "[importer]") {
    CHECK(importer::length_of("caf\xC3\xA9") == 4);
    CHECK(importer::length_of("") == 0);
}
