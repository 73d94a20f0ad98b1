#include "cli/told.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace stockd::cli {

namespace json = boost::json;

Tidings tidings_of(std::string_view payload, std::string_view sku) {
    Tidings out;
    json::error_code error;
    const auto parsed = json::parse(json::string_view(payload.data(), payload.size()), error);
    const auto* object = error ? nullptr : parsed.if_object();
    if (object == nullptr) {
        return out;
    }
    out.is_many = object->contains("many");
    const auto* changes = object->if_contains("changes");
    if (out.is_many || changes == nullptr || !changes->is_array()) {
        return out;
    }
    for (const auto& entry : changes->get_array()) {
        const auto* change = entry.if_object();
        const auto* told_sku = change == nullptr ? nullptr : change->if_contains("sku");
        const auto* told_version = change == nullptr ? nullptr : change->if_contains("version");
        const bool is_complete = told_sku != nullptr && told_sku->is_string() &&
                                 told_version != nullptr && told_version->is_int64();
        if (is_complete && std::string_view(told_sku->get_string()) == sku) {
            out.version = std::max(
                out.version.value_or(told_version->get_int64()), told_version->get_int64()
            );
        }
    }
    return out;
}

Told tells_of(std::string_view payload, std::string_view sku, std::int64_t version) {
    const auto tidings = tidings_of(payload, sku);
    if (tidings.is_many) {
        return Told::kMany;
    }
    return tidings.version && *tidings.version >= version ? Told::kYes : Told::kNo;
}

}  // namespace stockd::cli
