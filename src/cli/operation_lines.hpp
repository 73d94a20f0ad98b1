#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Lines of an operation as people type them, as the JSON that the database's functions take
/// (docs/reference/operations.md, Lines). Pure. What a product or a unit is, is for the database to
/// say.
namespace stockd::cli {

/// What stands before the quantity, and what may stand behind it.
struct LineForm {
    /// The field on the left: "sku", or "line" (a number) for what names a line of a document.
    std::string_view left = "sku";
    /// The field after '@'; empty: none.
    std::string_view money{};
    /// The field after '#'; empty: none.
    std::string_view version{};
    /// "SKU" alone is a line without a quantity.
    bool is_quantity_optional = false;
    /// The quantity is a difference, and may have a plus.
    bool is_difference = false;
};

/// "MUG=2", "MUG=1.5:kilogram", "MUG=2:box@9.50", "MUG=40#12", "MUG=+2": left, quantity, unit,
/// money, version. The last '=' counts, so that a code may have one. Errors: kInvalidArgument, with
/// the word.
[[nodiscard]] base::Result<std::string> lines_json(
    const std::vector<std::string>& words, const LineForm& form
);

/// How a line is written, for help and errors: "SKU=QUANTITY[:UNIT][@PRICE]".
[[nodiscard]] std::string line_syntax(const LineForm& form);

}  // namespace stockd::cli
