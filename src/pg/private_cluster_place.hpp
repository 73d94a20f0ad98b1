#pragma once

#include "base/result.hpp"
#include "pg/private_cluster_process.hpp"

#include <filesystem>
#include <functional>
#include <string>

/// Where a private cluster lives, as whom, and with which programs. Used by the
/// private cluster's own files only.
namespace stockd::pg {

[[nodiscard]] base::Error io_error(const std::string& message, const std::string& hint = {});
/// A file's content; empty when it cannot be read.
[[nodiscard]] std::string text_of(const std::filesystem::path& file);
/// The number that a text begins with, else 0.
[[nodiscard]] int leading_number(const std::string& text);

/// Whom the server runs as: ourselves, or for root the owner of the data that is there, else
/// postgres, else nobody.
[[nodiscard]] base::Result<OsUser> choose_user(
    const std::filesystem::path& data, const std::function<void(const std::string&)>& say
);

/// 16 hex digits that name a place after a directory.
[[nodiscard]] std::string hash_of(const std::string& text);

/// Can PostgreSQL and libpq use a socket in this directory? Not when the path is too long for the
/// kernel or would need quoting in their lists.
[[nodiscard]] bool can_hold_socket(const std::filesystem::path& directory, int port);

/// Makes a directory that only `user` (and root) may enter, or checks that the one that is there is
/// just that: in a world-writable parent somebody else could have made it first.
[[nodiscard]] base::Result<void> make_owned(
    const std::filesystem::path& directory, const OsUser& user
);

}  // namespace stockd::pg
