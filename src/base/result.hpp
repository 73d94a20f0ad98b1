#pragma once

#include "base/error.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <utility>

namespace stockd::base {

/// Thrown only when a Result is opened without looking: a programmer's error, or a boundary that
/// wants an exception.
class ErrorException : public std::runtime_error {
  public:
    explicit ErrorException(Error error)
        : std::runtime_error(describe(error)),
          error_(std::move(error)) {}

    [[nodiscard]] const Error& error() const noexcept { return error_; }

  private:
    Error error_;
};

/// Found by boost::system::result through argument-dependent look-up.
[[noreturn]] inline void
throw_exception_from_error(const Error& error, const boost::source_location& /*where*/) {
    throw ErrorException(error);
}

/// A value or an Error. `if (!result) return result.error();`
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace stockd::base
