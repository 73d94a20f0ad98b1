/// The Host header: which names a server that only this machine can reach answers to.
#include "web/host_rule.hpp"

#include "base/utf8.hpp"
#include "target.hpp"

#include <string>

namespace base = stockd::base;
namespace fuzz = stockd::fuzz;
namespace web = stockd::web;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto host = fuzz::text_of(data, size);
    const web::HostRule own{{"shop.example"}};
    fuzz::require(web::HostRule{}.allows(host), "without names any host is right");
    fuzz::require(web::HostRule{{"*"}}.allows(host), "* is any host");
    if (own.allows(host)) {
        // A name that a stranger can make resolve to this machine has a dot and a letter in it.
        const auto name = host.substr(0, host.find(':'));
        const bool is_name =
            host.find('[') == std::string_view::npos &&
            name.find_first_of("ghijklmnopqrstuvwyzGHIJKLMNOPQRSTUVWYZ") != std::string_view::npos;
        fuzz::require(
            !is_name || name.size() == std::string_view{"localhost"}.size() ||
                name.size() == std::string_view{"shop.example"}.size(),
            "of names only its own"
        );
    }
    const auto problem = web::unknown_host(host);
    fuzz::require(problem.status == 403 && base::is_utf8(problem.message), "a refusal is text");
    for (const auto& name : web::split_names(host)) {
        fuzz::require(
            !name.empty() && name.find_first_of(", ") == std::string::npos, "names without blanks"
        );
    }
    return 0;
}
