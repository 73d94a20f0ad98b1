/// A settings file and the values in it.
#include "config/toml.hpp"
#include "config/values.hpp"
#include "target.hpp"

#include <string>

namespace config = stockd::config;
namespace fuzz = stockd::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (const auto entries = config::parse_toml(text)) {
        std::string written;
        for (const auto& entry : *entries) {
            written += entry.key + " = " + config::quote_toml(entry.value) + "\n";
        }
        const auto again = config::parse_toml(written);
        fuzz::require(
            again.has_value() && again->size() == entries->size(), "what is written can be read"
        );
        for (std::size_t i = 0; i < entries->size(); ++i) {
            fuzz::require((*again)[i].key == (*entries)[i].key, "the same key");
            fuzz::require((*again)[i].value == (*entries)[i].value, "the same value");
        }
    }
    if (const auto duration = config::parse_duration(text)) {
        const auto again = config::parse_duration(config::print_duration(*duration));
        fuzz::require(again && *again == *duration, "a duration comes back as it went");
    }
    if (const auto bytes = config::parse_bytes(text)) {
        const auto again = config::parse_bytes(config::print_bytes(*bytes));
        fuzz::require(again && *again == *bytes, "a size comes back as it went");
    }
    (void)config::parse_number(text);
    (void)config::parse_endpoint(text);
    return 0;
}
