/// What comes over a connection to the API, before anybody knows who sent it. The first byte says
/// where the bytes are cut in two reads.
#include "target.hpp"
#include "web/request_parser.hpp"

#include <boost/asio/buffer.hpp>

#include <string>

namespace fuzz = stockd::fuzz;
namespace web = stockd::web;

namespace {

constexpr std::size_t kHeaderMax = 4096;
constexpr std::size_t kBodyMax = 1024;

struct Outcome {
    web::IncomingRequest request;
    bool is_done = false;
    std::string problem;
};

/// As a connection does it: what the parser does not take yet is offered again with more behind.
Outcome parse(std::string_view bytes, std::size_t cut) {
    Outcome out;
    web::RequestParser parser{out.request, kHeaderMax, kBodyMax};
    std::size_t taken = 0;
    for (const std::size_t end : {cut, bytes.size()}) {
        while (taken < end && !parser.is_done()) {
            boost::beast::error_code error;
            const auto part = bytes.substr(taken, end - taken);
            const auto used = parser.put(boost::asio::buffer(part.data(), part.size()), error);
            fuzz::require(used <= part.size(), "no more is taken than was given");
            taken += used;
            if (error && error != boost::beast::http::error::need_more) {
                out.problem = web::problem_of_parse(error).message;
                return out;
            }
            if (used == 0) {
                break;
            }
        }
    }
    out.is_done = parser.is_done();
    return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const auto bytes = fuzz::text_of(data + 1, size - 1);
    const auto whole = parse(bytes, bytes.size());
    fuzz::require(whole.request.target.size() <= kHeaderMax, "a target within the header's limit");
    fuzz::require(whole.request.body.size() <= kBodyMax, "a body within its limit");
    fuzz::require(whole.problem.empty() || !whole.is_done, "a refused request is not done");
    const auto split = parse(bytes, data[0] % (bytes.size() + 1));
    if (whole.is_done) {
        fuzz::require(split.is_done, "the same request however it is cut");
        fuzz::require(split.request.target == whole.request.target, "the same target");
        fuzz::require(split.request.body == whole.request.body, "the same body");
        fuzz::require(split.request.media_type == whole.request.media_type, "the same type");
    }
    return 0;
}
