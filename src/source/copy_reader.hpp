#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::source {

/// Takes COPY's binary format apart, in whatever pieces it comes. Pieces that end with a row, as
/// PostgreSQL sends them, are not copied.
class CopyReader {
  public:
    /// Fields of one row; nothing is null. Views are valid during the call only. False: not what
    /// was expected.
    using Row = std::vector<std::optional<std::string_view>>;
    using RowHandler = std::function<bool(const Row&)>;

    CopyReader(std::size_t columns, RowHandler on_row)
        : columns_(columns),
          on_row_(std::move(on_row)),
          row_(columns) {}

    [[nodiscard]] base::Result<void> add(std::string_view bytes);
    /// After the last piece: an error unless the file's trailer was seen.
    [[nodiscard]] base::Result<void> finish() const;

    [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }

  private:
    enum class Step : std::uint8_t { kHeader, kRows, kTrailer };
    /// Bytes taken from the front; 0: the next item is not complete; nothing: malformed.
    [[nodiscard]] std::optional<std::size_t> take_item(std::string_view bytes);
    [[nodiscard]] std::optional<std::size_t> take_header(std::string_view bytes);

    std::size_t columns_;
    RowHandler on_row_;
    Row row_;
    std::string carry_;
    std::int64_t rows_ = 0;
    Step step_ = Step::kHeader;
};

}  // namespace stockd::source
