/// What COPY ... (format binary) gives for three columns.
#include "source/copy_reader.hpp"

#include "target.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace fuzz = stockd::fuzz;
namespace source = stockd::source;

namespace {

struct Outcome {
    std::vector<std::string> values;
    bool is_whole = false;
};

Outcome read(std::string_view bytes, fuzz::Cuts* cuts) {
    constexpr std::size_t kColumns = 3;
    Outcome out;
    source::CopyReader reader{
        kColumns, [&](const source::CopyReader::Row& row) {
            fuzz::require(row.size() == kColumns, "a row has its columns");
            for (const auto& field : row) {
                out.values.push_back(field ? "=" + std::string{*field} : "null");
            }
            return true;
        }};
    bool is_right = true;
    for (auto rest = bytes; is_right && !rest.empty();) {
        const auto count = cuts == nullptr ? rest.size() : std::min(rest.size(), cuts->next());
        is_right = reader.add(rest.substr(0, count)).has_value();
        rest.remove_prefix(count);
    }
    out.is_whole = is_right && reader.finish().has_value();
    fuzz::require(
        out.values.size() == kColumns * static_cast<std::size_t>(reader.rows()), "rows are counted"
    );
    return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    fuzz::Cuts cuts{bytes};
    const auto whole = read(bytes, nullptr);
    const auto cut = read(bytes, &cuts);
    fuzz::require(whole.is_whole == cut.is_whole, "as whole however it arrives");
    fuzz::require(whole.values == cut.values, "the same however it arrives");
    return 0;
}
