#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace stockd::web {

/// An answer that is an error. The body is
/// {"success":false,"error":message,"code":code,"hint":hint}, "detail" added when there is one.
struct Problem {
    unsigned status = 500;
    std::string_view code;  ///< a literal; stable, lower case
    std::string message;
    std::string hint;
    std::string detail;
    std::string_view allow;  ///< a literal; the Allow header of a 405
};

/// The code of the one error whose body is given word for word by the requirements: success and
/// error, nothing else.
inline constexpr std::string_view kInvalidAction = "invalid_action";

[[nodiscard]] Problem bad_request(std::string message, std::string hint);
[[nodiscard]] Problem to_problem(const base::Error& error);

void append_problem(std::string& out, const Problem& problem);

/// Outside text as it may stand in a message: quoted, and cut at 100 bytes between characters.
/// REQUIRES: valid UTF-8.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace stockd::web
