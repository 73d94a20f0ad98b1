#include "cli/verify.hpp"

#include <catch2/catch.hpp>

using namespace stockd::cli;

namespace {

const StockKey kKey{"sku", "store"};

StockMap with(std::optional<StockFigures> row) {
    StockMap map{{{"sku", ""}, {}}};
    if (row) {
        map.emplace(kKey, *row);
    }
    return map;
}

StockFigures version(std::int64_t number, std::int64_t on_hand = 10) {
    return {on_hand, 0, 0, number};
}

struct Judged {
    std::int64_t differences;
    std::size_t moving;
};

Judged judge(
    std::optional<StockFigures> before,
    std::optional<StockFigures> cached,
    std::optional<StockFigures> after
) {
    Differences differences(10);
    const auto moving = compare(with(before), with(cached), with(after), differences);
    return {differences.count(), moving.size()};
}

}  // namespace

TEST_CASE("cli: a row that did not change while the copy was read must be equal in it", "[cli]") {
    CHECK(judge(version(3), version(3), version(3)).differences == 0);
    CHECK(judge(std::nullopt, std::nullopt, std::nullopt).differences == 0);
    CHECK(judge(version(3), version(3, 11), version(3)).differences == 1);
    CHECK(judge(version(3), version(2), version(3)).differences == 1);
    CHECK(judge(version(3), std::nullopt, version(3)).differences == 1);
    CHECK(judge(std::nullopt, version(3), std::nullopt).differences == 1);
}

TEST_CASE(
    "cli: a row that changed must have a version from between, and is looked up in the ledger",
    "[cli]"
) {
    CHECK(judge(version(3), version(3), version(5)).differences == 0);
    CHECK(judge(version(3), version(5), version(5)).differences == 0);
    const auto between = judge(version(3), version(4), version(5));
    CHECK(between.differences == 0);
    CHECK(between.moving == 1);
    CHECK(judge(version(3), version(2), version(5)).differences == 1);
    CHECK(judge(version(3), version(6), version(5)).differences == 1);
    CHECK(judge(version(3), version(5, 11), version(5)).moving == 1);
}

TEST_CASE("cli: a row that was made or deleted meanwhile may be there or not", "[cli]") {
    CHECK(judge(std::nullopt, version(1), version(1)).differences == 0);
    CHECK(judge(std::nullopt, std::nullopt, version(1)).differences == 0);
    CHECK(judge(version(3), std::nullopt, std::nullopt).differences == 0);
    CHECK(judge(version(3), version(4), std::nullopt).differences == 0);
    CHECK(judge(version(3), version(2), std::nullopt).differences == 1);
    CHECK(judge(version(3), std::nullopt, version(5)).differences == 0);
}

TEST_CASE("cli: a product that the copy lacks or has too many is a difference", "[cli]") {
    Differences differences(10);
    const StockMap tables{{{"a", ""}, {}}, {{"b", ""}, {}}};
    const StockMap cached{{{"b", ""}, {}}, {{"c", ""}, {}}};
    CHECK(compare(tables, cached, tables, differences).empty());
    REQUIRE(differences.listed().size() == 2);
    CHECK(differences.listed()[0].sku == "c");
    CHECK(differences.listed()[0].expected == "no product");
    CHECK(differences.listed()[1].sku == "a");
    CHECK(differences.listed()[1].found == "no product");
}

TEST_CASE("cli: differences beyond the limit are counted, not kept", "[cli]") {
    Differences differences(2);
    for (int i = 0; i < 5; ++i) {
        differences.add({});
    }
    CHECK(differences.count() == 5);
    CHECK(differences.listed().size() == 2);
}
