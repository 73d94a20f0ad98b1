#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The pieces of a request target. Pure functions over what a stranger sent; nothing here throws or
/// looks anything up.
namespace stockd::web {

struct Target {
    std::string_view path;   ///< still percent-encoded
    std::string_view query;  ///< still percent-encoded, without the question mark
};

/// Splits "/path?query" and "http://host/path?query"; nothing for any other form.
[[nodiscard]] std::optional<Target> split_target(std::string_view target) noexcept;

enum class DecodeResult : std::uint8_t { kOk, kBadEscape, kNul, kNotUtf8 };

/// In a query a plus sign is a space, as HTML forms write it; in a path it is itself.
enum class Plus : std::uint8_t { kItself, kSpace };

/// Decodes %XX once, replacing what `out` holds. Text that PostgreSQL could not hold (NUL, not
/// UTF-8) is refused.
[[nodiscard]] DecodeResult percent_decode(std::string_view text, Plus plus, std::string& out);

/// A sentence for a failed decode of `what` ("The path", "Parameter store").
[[nodiscard]] std::string describe_decode(DecodeResult result, std::string_view what);

/// Walks "a=1&b=2". Empty pieces ("&&") are passed over; a piece without "=" has no value.
class QueryReader {
  public:
    struct Parameter {
        std::string_view name;                  ///< still percent-encoded
        std::optional<std::string_view> value;  ///< still percent-encoded
    };

    explicit QueryReader(std::string_view query) noexcept
        : rest_(query) {}

    [[nodiscard]] std::optional<Parameter> next() noexcept;

  private:
    std::string_view rest_;
};

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Digits only, whole text, no sign; nothing when it is empty, is something else, or does not fit.
[[nodiscard]] std::optional<std::uint64_t> parse_unsigned(std::string_view text) noexcept;

/// A page's cursor: the last code of the page before, in a form that needs no escaping and invites
/// no editing.
[[nodiscard]] std::string make_cursor(std::string_view last_sku);
[[nodiscard]] std::optional<std::string> parse_cursor(std::string_view text);

}  // namespace stockd::web
