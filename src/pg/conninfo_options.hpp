#pragma once

#include <libpq-fe.h>

#include <memory>

namespace stockd::pg {

struct ConninfoOptionsDeleter {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};

/// What PQconninfoParse() and PQconndefaults() return: an array that ends with a null keyword.
using ConninfoOptions = std::unique_ptr<PQconninfoOption, ConninfoOptionsDeleter>;

}  // namespace stockd::pg
