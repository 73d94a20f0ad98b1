#include "cli/http_response.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace stockd::cli {

namespace {

// Chosen: a page of products is some 100 KB; more than this is not our server.
constexpr std::uint64_t kBodyBytesMax = 64ULL << 20U;

}  // namespace

void prepare(ResponseParser& parser) {
    parser.body_limit(kBodyBytesMax);
    parser.eager(true);
}

HttpAnswer take_answer(ResponseParser& parser) {
    HttpAnswer answer;
    for (const auto& field : parser.get()) {
        std::string name(field.name_string());
        std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
            return static_cast<char>(std::tolower(c));
        });
        answer.headers[name] = std::string(field.value());
    }
    answer.status = parser.get().result_int();
    answer.body = std::move(parser.get().body());
    return answer;
}

}  // namespace stockd::cli
