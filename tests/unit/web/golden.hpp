#pragma once

#include <string>
#include <string_view>

namespace stockd::web::test {

/// The golden file of this name in tests/support/golden/http, without its last line feed. With
/// STOCKD_GOLDEN_UPDATE set in the environment the file is written from `actual` instead; look at
/// the difference before you commit it.
[[nodiscard]] std::string golden(std::string_view name, std::string_view actual);

}  // namespace stockd::web::test
