#include "cli/told.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace stockd::cli {

namespace json = boost::json;

Told tells_of(std::string_view payload, std::string_view sku, std::int64_t version) {
    json::error_code error;
    const auto parsed = json::parse(json::string_view(payload.data(), payload.size()), error);
    const auto* object = error ? nullptr : parsed.if_object();
    if (object == nullptr) {
        return Told::kNo;
    }
    if (object->contains("many")) {
        return Told::kMany;
    }
    const auto* changes = object->if_contains("changes");
    if (changes == nullptr || !changes->is_array()) {
        return Told::kNo;
    }
    for (const auto& entry : changes->get_array()) {
        const auto* change = entry.if_object();
        const auto* told_sku = change == nullptr ? nullptr : change->if_contains("sku");
        const auto* told_version = change == nullptr ? nullptr : change->if_contains("version");
        const bool is_complete = told_sku != nullptr && told_sku->is_string() &&
                                 told_version != nullptr && told_version->is_int64();
        if (is_complete && std::string_view(told_sku->get_string()) == sku &&
            told_version->get_int64() >= version) {
            return Told::kYes;
        }
    }
    return Told::kNo;
}

}  // namespace stockd::cli
