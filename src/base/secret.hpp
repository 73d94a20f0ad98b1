#pragma once

#include <string>
#include <string_view>

namespace stockd::base {

/// The text with every password in it replaced by "***": in a URL ("postgres://me:secret@host"), as
/// a parameter of one
/// ("?password=secret") and as key=value ("password=secret", "password = 'it''s secret'",
/// sslpassword too). For whatever people or logs will see.
[[nodiscard]] std::string mask_secrets(std::string_view text);

}  // namespace stockd::base
