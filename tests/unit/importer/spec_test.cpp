#include "importer/spec.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

namespace importer = stockd::importer;
using importer::Field;
using importer::Target;

TEST_CASE("importer: a rule has conditions and what they decide", "[importer]") {
    const auto rule = importer::parse_rule(
        "InvoiceNo=C*|A* & Quantity < 0 & Note!= -> kind=return, sign=negate,reason=@Note"
    );
    REQUIRE(rule.has_value());
    REQUIRE(rule->when.size() == 3);
    CHECK(rule->when[0].column == "InvoiceNo");
    CHECK(rule->when[0].patterns == std::vector<std::string>{"C*", "A*"});
    CHECK(rule->when[1].op == importer::Condition::Operator::kLess);
    CHECK(rule->when[1].number == 0);
    CHECK(rule->when[2].op == importer::Condition::Operator::kMatchesNot);
    CHECK(rule->when[2].patterns == std::vector<std::string>{""});
    CHECK(rule->set.at(Field::kKind) == "return");
    CHECK(rule->set.at(Field::kReason) == "@Note");
    CHECK_FALSE(rule->skip.has_value());
    CHECK(
        importer::parse_rule("Code=POST -> skip=postage and packing")->skip == "postage and packing"
    );
}

TEST_CASE("importer: what is no rule is refused with a hint", "[importer]") {
    const auto text = GENERATE(
        "",
        "a=b",
        "-> kind=sale",
        "a -> kind=sale",
        "a<b -> kind=sale",
        "a=b -> colour=red",
        "a=b -> kind",
        "a!b -> kind=sale"
    );
    CHECK(importer::parse_rule(text).has_error());
}

TEST_CASE("importer: a field belongs to its targets", "[importer]") {
    CHECK(
        importer::parse_assignment(Target::kMovements, "sku = Code").value() ==
        std::pair{Field::kSku, std::string("Code")}
    );
    CHECK(importer::parse_assignment(Target::kStores, "code=Id").value().first == Field::kStore);
    const auto wrong = importer::parse_assignment(Target::kStores, "sku=Code");
    REQUIRE(wrong.has_error());
    CHECK(wrong.error().hint.find("time_zone") != std::string::npos);
    CHECK(importer::parse_assignment(Target::kStock, "sku").has_error());
}

TEST_CASE("importer: a manifest entry is a spec, and an unknown key is an error", "[importer]") {
    const auto parse = [](const char* text) {
        return importer::parse_spec(boost::json::parse(text).as_object());
    };
    const auto spec = parse(
        R"({"target": "movements", "file": "a.csv", "map": {"sku": "Code"}, "set": {"kind": "sale"}, "case": "fold-upper",
            "rules": ["Code=X -> skip=x"], "create_missing": true, "delimiter": ";", "encoding": "latin1", "source": "till"})"
    );
    REQUIRE(spec.has_value());
    CHECK(spec->columns.at(Field::kSku) == "Code");
    CHECK(spec->fold_sku);
    CHECK(spec->create_missing);
    CHECK(spec->csv.delimiter == ';');
    CHECK(spec->rules.size() == 1);
    CHECK(parse(R"({"file": "a.csv"})").has_error());
    CHECK(parse(R"({"target": "dishes"})").has_error());
    CHECK(parse(R"({"target": "stock", "colour": "red"})").has_error());
    CHECK(parse(R"({"target": "stock", "map": {"sku": 1}})").has_error());
    CHECK(parse(R"({"target": "stock", "map": []})").has_error());
    CHECK(parse(R"({"target": "stock", "rules": [1]})").has_error());
    CHECK(parse(R"({"target": "stock", "case": "lower"})").has_error());
    CHECK(parse(R"({"target": "stock", "delimiter": ""})").has_error());
    CHECK(parse(R"({"target": "stock", "create_missing": "yes"})").has_error());
}

TEST_CASE("importer: the reject file stands beside its file", "[importer]") {
    CHECK(importer::default_rejects_file("dir/sales.csv.gz") == "dir/sales.rejects.csv");
    CHECK(importer::default_rejects_file("sales.csv") == "sales.rejects.csv");
    CHECK(importer::default_rejects_file("sales.txt") == "sales.txt.rejects.csv");
    CHECK(importer::default_rejects_file(".csv") == ".csv.rejects.csv");
}

TEST_CASE("importer: the mapping is part of the identity, of movements a store", "[importer]") {
    importer::Spec spec;
    spec.target = Target::kProducts;
    const auto plain = importer::mapping_key(spec);
    spec.columns[Field::kName] = "Title";
    CHECK(importer::mapping_key(spec) != plain);
    spec.target = Target::kMovements;
    CHECK(importer::mapping_key(spec).empty());
    spec.constants[Field::kStore] = "north";
    const auto north = importer::mapping_key(spec);
    CHECK_FALSE(north.empty());
    spec.constants[Field::kStore] = "south";
    CHECK(importer::mapping_key(spec) != north);
    // Of some lines only: it does not say whose the others are.
    spec.columns[Field::kStore] = "Shop";
    CHECK(importer::mapping_key(spec).empty());
}
