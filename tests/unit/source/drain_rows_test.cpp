#include "source/drain_rows.hpp"

#include <catch2/catch.hpp>

#include <optional>

namespace stockd::source {

namespace {

using Field = std::optional<std::string>;

std::string be(std::int64_t value) {
    std::string text;
    for (int shift = 56; shift >= 0; shift -= 8) {
        text += static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff);
    }
    return text;
}

std::string jsonb(const std::string& text) {
    return '\1' + text;
}

/// A row as libpq gives it in binary format.
pg::Rows row(const std::vector<Field>& fields) {
    PGresult* result = PQmakeEmptyPGresult(nullptr, PGRES_SINGLE_TUPLE);
    std::vector<PGresAttDesc> columns(fields.size());
    char name[] = "c";
    for (auto& column : columns) {
        column = {name, 0, 0, 1, 0, -1, -1};
    }
    REQUIRE(PQsetResultAttrs(result, static_cast<int>(columns.size()), columns.data()) != 0);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        std::string bytes = fields[i].value_or("");
        const int size = fields[i] ? static_cast<int>(bytes.size()) : -1;
        REQUIRE(
            PQsetvalue(result, 0, static_cast<int>(i), fields[i] ? bytes.data() : nullptr, size) !=
            0
        );
    }
    return pg::Rows{result};
}

std::vector<Field> detail_row(const std::string& kind, Field store, Field product, Field detail) {
    return {kind, std::move(store), std::move(product), {}, {}, {}, {}, {}, {}, std::move(detail)};
}

const std::vector<Field> kPositionRow = detail_row(
    "P", {}, {}, jsonb(R"({"snapshot": "90:100:90,95", "taken_us": 5000, "feed_rows": 3})")
);

change::Position from() {
    change::Position position;
    position.incarnation = "0123456789abcdef";
    position.since = {1000};
    position.taken = {2000};
    position.snapshot = {80, 92, {80, 90}};
    return position;
}

}  // namespace

TEST_CASE("source: the rows of a drain become one set with the position that follows", "[source]") {
    DrainRows rows{from()};
    REQUIRE(
        rows
            .add(row(
                {"S", be(1), be(2), be(7), be(-1), be(5), std::string(1, '\1'), be(3), be(10), {}}
            ))
            .has_value()
    );
    REQUIRE(rows.add(row({"S", be(1), be(3), {}, {}, {}, {}, {}, {}, {}})).has_value());
    REQUIRE(rows.add(row(kPositionRow)).has_value());
    REQUIRE(
        rows
            .add(row(detail_row(
                "p",
                {},
                be(4),
                jsonb(
                    R"({"sku": "A\"B", "name": "N", "pieces_per_pack": 6, "packs_per_box": 2, "active": false, "updated_us": 9})"
                )
            )))
            .has_value()
    );
    REQUIRE(rows.add(row(detail_row("p", {}, be(5), {}))).has_value());
    REQUIRE(rows.add(row(detail_row(
                         "s", be(6), {}, jsonb(R"({"code": "S6", "name": "Six", "active": true})")
                     )))
                .has_value());
    REQUIRE(rows.add(row(detail_row(
                         "c", {}, {}, jsonb(R"({"nonce": "00112233-4455-6677-8899-aabbccddeeff"})")
                     )))
                .has_value());
    const auto made = rows.finish();
    REQUIRE(made.has_value());
    CHECK(made->position.incarnation == from().incarnation);
    CHECK(change::to_string(made->position.snapshot) == "90:100:90,95");
    CHECK(made->position.since.unix_us == 1000);  // 90 was open already
    CHECK(made->feed_rows == 3);
    REQUIRE(made->stock.size() == 2);
    REQUIRE(made->stock[0].now.has_value());
    CHECK(
        *made->stock[0].now == change::StockRow{{1}, {2}, 7, -1, 5, 3, {946'684'800'000'010}, true}
    );
    CHECK_FALSE(made->stock[1].now.has_value());
    REQUIRE(made->products.size() == 2);
    CHECK(*made->products[0].now == change::ProductRow{{4}, "A\"B", "N", 6, 2, {9}, false});
    CHECK_FALSE(made->products[1].now.has_value());
    REQUIRE(made->stores.size() == 1);
    CHECK(*made->stores[0].now == change::StoreRow{{6}, "S6", "Six", true});
    REQUIRE(made->canaries.size() == 1);
    CHECK(source::format_uuid(made->canaries[0]) == "00112233-4455-6677-8899-aabbccddeeff");
}

TEST_CASE("source: a drain without its position is refused", "[source]") {
    CHECK(DrainRows{from()}.finish().has_error());
}

TEST_CASE("source: rows that are not as the contract says are refused", "[source]") {
    const auto fields = GENERATE(
        std::vector<Field>{"S"},  // too few columns
        std::vector<Field>{
            "S", be(1), "12", be(1), be(1), be(1), "\1", be(1), be(1), {}},                // a text
        std::vector<Field>{"S", be(1), be(2), be(1), be(1), be(1), {}, be(1), be(1), {}},  // a null
        detail_row("x", {}, {}, {}),           // unknown kind
        detail_row("P", {}, {}, {}),           // no detail
        detail_row("P", {}, {}, jsonb("{}")),  // no snapshot
        detail_row(
            "P", {}, {}, jsonb(R"({"snapshot": "9:1:", "taken_us": 1})")
        ),                                            // a wrong snapshot
        detail_row("p", {}, be(1), jsonb("[]")),      // no object
        detail_row("p", {}, be(1), jsonb("{\"a\"")),  // no JSON
        detail_row("p", {}, be(1), Field{"{}"}),      // no jsonb
        detail_row("s", {}, {}, {}),                  // no key
        detail_row("c", {}, {}, jsonb(R"({"nonce": "nonsense"})"))
    );
    DrainRows rows{from()};
    const auto added = rows.add(row(fields));
    REQUIRE(added.has_error());
    CHECK(added.error().code == base::ErrorCode::kSchemaMismatch);
}

TEST_CASE("source: only 32 hex digits are a UUID", "[source]") {
    CHECK(source::parse_uuid("00112233445566778899AABBCCDDEEFF").has_value());
    CHECK_FALSE(source::parse_uuid("").has_value());
    CHECK_FALSE(source::parse_uuid("00112233-4455-6677-8899-aabbccddeef").has_value());
    CHECK_FALSE(source::parse_uuid("00112233-4455-6677-8899-aabbccddeeff0").has_value());
    CHECK_FALSE(source::parse_uuid("00112233-4455-6677-8899-aabbccddeefg").has_value());
}

}  // namespace stockd::source
