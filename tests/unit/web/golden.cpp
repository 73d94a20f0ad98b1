#include "golden.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace stockd::web::test {

std::string golden(std::string_view name, std::string_view actual) {
    const std::string path = std::string{STOCKD_GOLDEN_HTTP} + "/" + std::string{name};
    if (std::getenv("STOCKD_GOLDEN_UPDATE") != nullptr) {
        std::ofstream{path} << actual << '\n';
    }
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    std::string content = text.str();
    if (content.ends_with('\n')) {
        content.pop_back();
    }
    return content;
}

}  // namespace stockd::web::test
