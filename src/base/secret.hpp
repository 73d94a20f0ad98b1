#pragma once

#include <string>
#include <string_view>

namespace stockd::base {

/// The text with every password in it replaced by "***": in a URL ("postgres://me:secret@host"), as
/// a parameter of one ("?password=secret") and as key=value ("password=secret", "password =
/// 'it''s secret'", sslpassword too). For logs: of free text, rather too much than too little. What
/// is known to be a connection string is masked exactly by pg::mask_conninfo().
[[nodiscard]] std::string mask_secrets(std::string_view text);

}  // namespace stockd::base
