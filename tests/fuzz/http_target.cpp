/// The request line's target: path and query of the public API.
#include "base/utf8.hpp"
#include "target.hpp"
#include "web/api_request.hpp"
#include "web/options.hpp"
#include "web/query.hpp"

#include <string>

namespace base = stockd::base;
namespace fuzz = stockd::fuzz;
namespace web = stockd::web;

namespace {

void check_codes(const web::ApiRequest& request, const web::Limits& limits) {
    fuzz::require(base::is_utf8(request.sku), "a sku is text");
    fuzz::require(base::is_utf8(request.store), "a store is text");
    fuzz::require(request.sku.find('\0') == std::string::npos, "a sku without NUL");
    fuzz::require(request.ids.size() <= limits.ids_max, "no more ids than allowed");
    for (const auto& id : request.ids) {
        fuzz::require(base::is_utf8(id) && id.find('\0') == std::string::npos, "an id is text");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto target = fuzz::text_of(data, size);
    const web::Limits limits;
    web::ApiRequest request;
    for (const auto method : {web::Method::kGet, web::Method::kPost, web::Method::kOther}) {
        request.reset();
        const auto problem = web::parse_api_request(method, target, limits, request);
        if (problem) {
            fuzz::require(problem->status >= 400 && problem->status < 500, "the sender's fault");
            fuzz::require(!problem->message.empty(), "a refusal says why");
            fuzz::require(base::is_utf8(problem->message), "a refusal is text");
            continue;
        }
        check_codes(request, limits);
        fuzz::require(request.limit <= limits.page_max, "a page within its limit");
        fuzz::require(!request.wait || *request.wait <= limits.wait_max, "a wait within its limit");
        fuzz::require(request.quantity >= 0, "a quantity is not negative");
    }
    if (base::is_utf8(target) && target.find('\0') == std::string_view::npos) {
        const auto cursor = web::make_cursor(target);
        const auto back = web::parse_cursor(cursor);
        fuzz::require(
            target.empty() || (back && *back == target), "a cursor comes back as it went"
        );
    }
    return 0;
}
