/// The cells of an imported file.
#include "importer/values.hpp"
#include "target.hpp"

#include <cctype>
#include <string>

namespace fuzz = stockd::fuzz;
namespace importer = stockd::importer;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (const auto number = importer::parse_integer(text)) {
        const auto again = importer::parse_integer(std::to_string(*number));
        fuzz::require(again && *again == *number, "a number comes back as it went");
    }
    if (const auto money = importer::parse_money(text)) {
        std::size_t digits = 0;
        for (const char c : *money) {
            fuzz::require(
                c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0,
                "money is digits and a point"
            );
            digits += c == '.' ? 0 : 1;
        }
        fuzz::require(digits > 0, "money has digits");
        const auto again = importer::parse_money(*money);
        fuzz::require(again && *again == *money, "money comes back as it went");
    }
    if (const auto time = importer::parse_time(text)) {
        fuzz::require(
            time->size() <= 64 && time->find('\'') == std::string::npos, "a time is a time"
        );
    }
    if (const auto truth = importer::parse_boolean(text)) {
        fuzz::require(text.size() <= 16 || importer::trim(text).size() <= 5, "a truth is a word");
    }
    const auto half = text.size() / 2;
    (void)importer::matches_glob(text.substr(0, half), text.substr(half));
    fuzz::require(importer::matches_glob(text, "*"), "a star is any text");
    fuzz::require(importer::length_of(text) <= text.size(), "no more characters than bytes");
    return 0;
}
