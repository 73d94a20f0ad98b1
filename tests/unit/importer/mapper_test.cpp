#include "importer/mapper.hpp"

#include <catch2/catch.hpp>

namespace importer = stockd::importer;
using importer::Field;
using importer::Line;
using importer::Mapper;
using importer::Target;
using Cells = std::vector<std::string_view>;

namespace {

importer::Spec movements() {
    importer::Spec spec;
    spec.target = Target::kMovements;
    spec.constants[Field::kKind] = "sale";
    return spec;
}

const Cells kHeading{"store", "sku", "quantity"};

}  // namespace

TEST_CASE("importer: a column of a field's own name is taken without being named", "[importer]") {
    const auto spec = movements();
    auto mapper = Mapper::make(spec, {" Store ", "SKU", "quantity"}).value();
    Line line;
    REQUIRE(mapper.map({" A ", "x", "2"}, line) == Mapper::Outcome::kLine);
    CHECK(line.text(Field::kStore) == "A");
    CHECK(line.text(Field::kSku) == "x");
    CHECK(line.text(Field::kKind) == "sale");
    CHECK(line.quantity == -2);
}

TEST_CASE("importer: an id column is never taken by chance", "[importer]") {
    const auto spec = movements();
    CHECK_FALSE(Mapper::make(spec, {"id", "store", "sku", "quantity"})->uses(Field::kId));
}

TEST_CASE("importer: quantity takes its sign from the kind, delta is as it stands", "[importer]") {
    auto spec = movements();
    Line line;

    struct Case {
        const char* kind;
        const char* sign;
        const char* quantity;
        std::int64_t change;
    };

    const auto one = GENERATE(
        Case{"sale", "", "5", -5},
        Case{"sale", "", "-5", 5},
        Case{"purchase", "", "5", 5},
        Case{"adjustment", "", "-5", -5},
        Case{"return", "negate", "-5", 5},
        Case{"sale", "as-is", "-5", -5},
        Case{"transfer_out", "auto", "1", -1}
    );
    spec.constants[Field::kKind] = one.kind;
    spec.constants[Field::kSign] = one.sign;
    auto by_quantity = Mapper::make(spec, kHeading).value();
    REQUIRE(by_quantity.map({"A", "X", one.quantity}, line) == Mapper::Outcome::kLine);
    CHECK(line.quantity == one.change);
    spec.constants.erase(Field::kSign);
    auto by_delta = Mapper::make(spec, {"store", "sku", "delta"}).value();
    REQUIRE(by_delta.map({"A", "X", one.quantity}, line) == Mapper::Outcome::kLine);
    CHECK(line.quantity == std::stoll(one.quantity));
}

TEST_CASE("importer: the smallest number has no opposite", "[importer]") {
    const auto spec = movements();
    auto mapper = Mapper::make(spec, kHeading).value();
    Line line;
    CHECK(mapper.map({"A", "X", "-9223372036854775808"}, line) == Mapper::Outcome::kRejected);
    CHECK(mapper.reason() == "quantity: \"-9223372036854775808\" does not fit in 64 bits");
}

TEST_CASE(
    "importer: the first rule that holds decides, and a constant fills blanks only", "[importer]"
) {
    auto spec = movements();
    spec.rules.push_back(importer::parse_rule("sku=POST -> skip=postage").value());
    spec.rules.push_back(
        importer::parse_rule("quantity<0 -> kind=adjustment, sign=as-is, reason=@note").value()
    );
    spec.rules.push_back(importer::parse_rule("quantity<-5 -> kind=return").value());
    spec.constants[Field::kStore] = "Z";
    auto mapper = Mapper::make(spec, {"store", "sku", "quantity", "note"});
    // A constant of a field wins over a column of its own name that was not asked for.
    REQUIRE(mapper.has_value());
    Line line;
    REQUIRE(mapper->map({"A", "X", "-9", "wet"}, line) == Mapper::Outcome::kLine);
    CHECK(line.text(Field::kStore) == "Z");
    CHECK(line.text(Field::kKind) == "adjustment");
    CHECK(line.text(Field::kReason) == "wet");
    CHECK(line.quantity == -9);
    CHECK(mapper->map({"A", "POST", "3", ""}, line) == Mapper::Outcome::kSkipped);
    CHECK(mapper->reason() == "postage");
    CHECK(mapper->skipped_quantity() == 3);
}

TEST_CASE("importer: a line that cannot be read names its column", "[importer]") {
    const auto spec = movements();
    auto mapper = Mapper::make(spec, kHeading).value();
    Line line;
    const auto reason = [&](const Cells& cells) {
        REQUIRE(mapper.map(cells, line) == Mapper::Outcome::kRejected);
        return mapper.reason();
    };
    CHECK(reason({"A", "X"}) == "2 columns instead of 3");
    CHECK(reason({"", "X", "1"}) == "store: is blank");
    CHECK(reason({"A", "X", "0"}) == "quantity: is zero, so nothing would move");
    CHECK(reason({"A", "X", "many"}) == "quantity: \"many\" is not a number");
    CHECK(reason({"A", std::string(201, 'x'), "1"}) == "sku: longer than 200 characters");
}

TEST_CASE("importer: a heading that lacks what is needed is refused", "[importer]") {
    auto spec = movements();
    CHECK(Mapper::make(spec, {"store", "sku"}).has_error());
    CHECK(Mapper::make(spec, {"store", "sku", "quantity", "delta"}).has_error());
    spec.columns[Field::kSku] = "Code";
    CHECK(Mapper::make(spec, kHeading).error().hint == "It has: store, sku, quantity.");
    spec.columns.clear();
    spec.constants.clear();
    CHECK(Mapper::make(spec, kHeading).error().message == "nothing says what the kind is");
}

TEST_CASE("importer: the same content has the same hash, another one another", "[importer]") {
    Line line;
    line.set_text(Field::kSku, "AB");
    line.quantity = 5;
    const auto hash = importer::content_hash(line);
    auto other = line;
    CHECK(importer::content_hash(other) == hash);
    other.quantity = 6;
    CHECK(importer::content_hash(other) != hash);
    other.clear_texts();
    other.quantity = 5;
    other.set_text(Field::kSku, "A");
    other.set_text(Field::kKind, "B");
    CHECK(importer::content_hash(other) != hash);
}

TEST_CASE("importer: a mapping's ratio is handed on as a fraction", "[importer]") {
    importer::Spec spec;
    spec.target = Target::kMappings;
    auto mapper = Mapper::make(spec, {"store", "ingredient", "unit", "sku", "ratio"}).value();
    Line line;
    REQUIRE(mapper.map({"A", "Butter", "gram", "B", "0.004"}, line) == Mapper::Outcome::kLine);
    CHECK(line.text(Field::kNumerator) == "1");
    CHECK(line.text(Field::kDenominator) == "250");
    CHECK(line.text(Field::kIngredient) == "Butter");
    CHECK(mapper.map({"A", "Butter", "", "B", "0.004"}, line) == Mapper::Outcome::kRejected);
    CHECK(mapper.reason() == "unit: is blank");
}

TEST_CASE("importer: a refused line of a recipe says whose it is", "[importer]") {
    importer::Spec spec;
    spec.target = Target::kRecipes;
    auto mapper = Mapper::make(spec, {"sku", "ingredient", "quantity", "unit"}).value();
    Line line;
    REQUIRE(mapper.map({"CAKE", "Salt", "a lot", "gram"}, line) == Mapper::Outcome::kRejected);
    CHECK(line.text(Field::kSku) == "CAKE");
}

TEST_CASE("importer: lots that say the same have the same hash", "[importer]") {
    importer::Spec spec;
    spec.target = Target::kLots;
    auto mapper = Mapper::make(spec, {"store", "sku", "quantity", "unit_cost", "lot"}).value();
    const auto hash = [&](const Cells& cells) {
        Line line;
        REQUIRE(mapper.map(cells, line) == Mapper::Outcome::kLine);
        return importer::content_hash(line);
    };
    const auto known = hash({"A", "X", "1.5", "$2.50", "L"});
    CHECK(hash({"A", "X", "1.50", "2.5", "L"}) == known);
    CHECK(hash({"A", "X", "1.6", "2.5", "L"}) != known);
    CHECK(hash({"A", "X", "1.5", "2.6", "L"}) != known);
    CHECK(hash({"A", "X", "1.5", "2.5", "M"}) != known);
    CHECK(hash({"A", "X", "1.5", "", "L"}) != known);
}
