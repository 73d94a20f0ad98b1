/// The query of a view's page, which goes to the database as a JSON object.
#include "base/utf8.hpp"
#include "target.hpp"
#include "web/views.hpp"

#include <boost/json/parse.hpp>

#include <string>

namespace base = stockd::base;
namespace fuzz = stockd::fuzz;
namespace json = boost::json;
namespace web = stockd::web;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto query = fuzz::text_of(data, size);
    for (const auto* view : {"summary", "by-shop", "low-stock", "analytics", "search"}) {
        std::string filters;
        const auto problem = web::read_view_filters(view, query, filters);
        if (problem) {
            fuzz::require(problem->status >= 400 && problem->status < 500, "the sender's fault");
            fuzz::require(!problem->message.empty(), "a refusal says why");
            fuzz::require(base::is_utf8(problem->message), "a refusal is text");
            continue;
        }
        boost::system::error_code error;
        const auto parsed = json::parse(filters, error);
        fuzz::require(!error && parsed.is_object(), "filters are a JSON object");
        for (const auto& [name, value] : parsed.get_object()) {
            fuzz::require(value.is_string(), "of texts");
            fuzz::require(
                base::is_utf8(std::string_view{value.get_string()}) &&
                    value.get_string().find('\0') == json::string::npos,
                "that the database takes"
            );
            fuzz::require(name != "cursor" || !value.get_string().empty(), "none of them empty");
        }
    }
    return 0;
}
