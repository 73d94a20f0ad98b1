#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace stockd::base {

/// What kind of thing went wrong. One table (docs/reference/errors.md) maps a code to its HTTP
/// status and exit code.
enum class ErrorCode {
    kInvalidArgument,     ///< the caller's input is wrong: 400, exit 2
    kNotFound,            ///< a named thing does not exist: 404, exit 1
    kConflict,            ///< understood, and refused by the state of the data: 409, exit 1
    kPermissionDenied,    ///< the login lacks a privilege: exit 1
    kUnavailable,         ///< the database or the daemon cannot be reached: 503, exit 10 or 11
    kTimeout,             ///< a wait ended without its condition: 504, exit 1
    kSchemaMismatch,      ///< the database's schema is not one this program works with: exit 12
    kForeignIncarnation,  ///< a position of another life of the database
    kPositionTooOld,      ///< a position older than the feed that is kept
    kIo,                  ///< a file or socket failed
    kInternal,            ///< a defect of this program: 500, exit 1
};

/// Stable lower-case name of a code, as it stands in JSON answers and logs ("not_found").
[[nodiscard]] std::string_view error_code_name(ErrorCode code) noexcept;

/// HTTP status and exit code of the table above.
[[nodiscard]] unsigned http_status(ErrorCode code) noexcept;
[[nodiscard]] int exit_code(ErrorCode code) noexcept;

/// An expected failure. The four texts are PostgreSQL's: message (what), detail (facts), hint (what
/// to do); sqlstate is empty when the database did not say it.
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;
    std::string detail;
    std::string hint;
    std::string sqlstate;
};

/// "message. Detail: ... Hint: ..." on one line, for logs and stderr.
[[nodiscard]] std::string describe(const Error& error);
std::ostream& operator<<(std::ostream& out, const Error& error);

}  // namespace stockd::base
