/// The body of POST /api/inventory/cache; its first line is the media type.
#include "target.hpp"
#include "web/api_request.hpp"

namespace fuzz = stockd::fuzz;
namespace web = stockd::web;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    const auto line = text.find('\n');
    const auto media_type =
        line == std::string_view::npos ? std::string_view{} : text.substr(0, line);
    const auto body = line == std::string_view::npos ? text : text.substr(line + 1);
    auto action = web::CacheAction::kRefresh;
    const auto problem = web::parse_action(media_type, body, action);
    if (problem) {
        fuzz::require(problem->status == 400 || problem->status == 415, "the sender's fault");
        fuzz::require(!problem->message.empty(), "a refusal says why");
    } else {
        fuzz::require(
            body.find(action == web::CacheAction::kClear ? "c" : "r") != std::string_view::npos ||
                body.find('\\') != std::string_view::npos,
            "an action that was asked for"
        );
    }
    return 0;
}
