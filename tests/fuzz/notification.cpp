/// The payload of a notification: anybody who may connect can send one on our channel.
#include "cli/told.hpp"
#include "target.hpp"

namespace cli = stockd::cli;
namespace fuzz = stockd::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::text_of(data, size);
    if (cli::tells_of(text, "A", 1) == cli::Told::kYes) {
        fuzz::require(cli::tells_of(text, "A", 0) == cli::Told::kYes, "who tells of 1 tells of 0");
    }
    return 0;
}
