/// The JSON of a mapping on one line, and below it a CSV file; the first line is tried as a rule
/// too.
#include "base/utf8.hpp"
#include "csv/reader.hpp"
#include "importer/mapper.hpp"
#include "importer/spec.hpp"
#include "importer/values.hpp"
#include "support/memory_source.hpp"
#include "target.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace base = stockd::base;
namespace csv = stockd::csv;
namespace fuzz = stockd::fuzz;
namespace importer = stockd::importer;

namespace {

using importer::Field;

/// As the table's columns are declared; a longer text would fail the whole batch.
void check_line(const importer::Line& line, const importer::Spec& spec) {
    for (const auto field : {Field::kStore, Field::kSku, Field::kActor, Field::kId}) {
        fuzz::require(importer::length_of(line.text(field)) <= 200, "a code fits its column");
    }
    fuzz::require(importer::length_of(line.text(Field::kReason)) <= 2000, "a reason fits");
    for (std::size_t field = 0; field < importer::kFieldCount; ++field) {
        const auto text = line.text(static_cast<Field>(field));
        fuzz::require(text.find('\0') == std::string::npos, "a field without NUL");
        fuzz::require(base::find_invalid_utf8(text) == std::string::npos, "a field is text");
    }
    for (const auto field : {Field::kPiecesPerPack, Field::kPacksPerBox}) {
        const auto text = line.text(field);
        const auto number = importer::parse_integer(text);
        fuzz::require(text.empty() || (number && *number >= 1), "a packing holds something");
    }
    fuzz::require(
        spec.target != importer::Target::kMovements || line.quantity != 0, "a movement moves"
    );
    fuzz::require(
        importer::content_hash(line) == importer::content_hash(importer::Line{line}),
        "a hash is of the content"
    );
}

void check_file(const importer::Spec& spec, std::string_view bytes) {
    stockd::support::MemorySource source{bytes};
    auto options = spec.csv;
    options.chunk_bytes = bytes.size() + 1;
    csv::Reader reader{source, options};
    const auto heading = reader.next();
    if (!heading || *heading != csv::Step::kRecord) {
        return;
    }
    auto mapper = importer::Mapper::make(spec, reader.fields());
    if (!mapper) {
        fuzz::require(mapper.error().code == base::ErrorCode::kInvalidArgument, "the file's fault");
        return;
    }
    importer::Line line;
    for (auto next = reader.next(); next && *next != csv::Step::kEnd; next = reader.next()) {
        if (*next == csv::Step::kBad) {
            continue;
        }
        if (mapper->map(reader.fields(), line) == importer::Mapper::Outcome::kLine) {
            check_line(line, spec);
        } else {
            fuzz::require(!mapper->reason().empty(), "what is left out has a reason");
        }
    }
}

void check_rule(std::string_view text) {
    const auto rule = importer::parse_rule(text);
    if (!rule) {
        fuzz::require(!rule.error().message.empty(), "a refusal says why");
        return;
    }
    fuzz::require(!rule->when.empty(), "a rule has conditions");
    fuzz::require(rule->skip || !rule->set.empty(), "a rule does something");
    for (const auto& [field, value] : rule->set) {
        fuzz::require(
            importer::has_field(importer::Target::kMovements, field), "a rule sets what is there"
        );
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto rest = fuzz::text_of(data, size);
    const auto first = fuzz::take_line(rest);
    check_rule(first);
    boost::json::error_code error;
    const auto json = boost::json::parse({first.data(), first.size()}, error);
    if (error || !json.is_object()) {
        return 0;
    }
    if (const auto spec = importer::parse_spec(json.get_object())) {
        fuzz::require(
            importer::mapping_key(*spec) == importer::mapping_key(importer::Spec{*spec}),
            "a key is of the mapping"
        );
        check_file(*spec, rest);
    }
    return 0;
}
