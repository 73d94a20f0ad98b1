#pragma once

#include "importer/spec.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::importer {

/// A line that passed, in the words of the database. Its texts lie in one buffer, which is kept
/// from use to use: tens of thousands of lines are sorted and walked, and a string per field would
/// be most of what that costs.
class Line {
  public:
    std::uint64_t number = 0;
    std::int64_t quantity = 0;  ///< movements: change of on_hand; stock: on_hand
    std::int64_t store_id = 0;
    std::int64_t product_id = 0;

    /// Empty: not given. Money, times and booleans as PostgreSQL reads them. Valid until the line
    /// changes.
    [[nodiscard]] std::string_view text(Field field) const noexcept {
        const auto& piece = pieces_[static_cast<std::size_t>(field)];
        return std::string_view(bytes_).substr(piece.offset, piece.length);
    }

    /// Once per field after clear_texts().
    void set_text(Field field, std::string_view text) {
        pieces_[static_cast<std::size_t>(field)] = {
            static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(text.size())};
        bytes_ += text;
    }

    void clear_texts() noexcept {
        pieces_ = {};
        bytes_.clear();
    }

  private:
    /// A record is shorter than 4 GiB (csv::Limits).
    struct Piece {
        std::uint32_t offset = 0;
        std::uint32_t length = 0;
    };

    std::array<Piece, kFieldCount> pieces_{};
    std::string bytes_;
};

/// Turns records of a file with a known heading into lines. Pure; one thread.
class Mapper {
  public:
    enum class Outcome : std::uint8_t { kLine, kSkipped, kRejected };

    /// Errors: kInvalidArgument for a heading that lacks a needed column or has it twice.
    [[nodiscard]] static base::Result<Mapper> make(
        const Spec& spec, const std::vector<std::string_view>& heading
    );

    /// Fills `line` (but not its number and ids). `line` is reused from call to call.
    [[nodiscard]] Outcome map(const std::vector<std::string_view>& record, Line& line);

    /// Why the last record was rejected; the class under which it was skipped, and its quantity as
    /// far as it has one.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

    [[nodiscard]] std::int64_t skipped_quantity() const noexcept { return skipped_quantity_; }

    /// Fields that may have a value, from a column, a constant or a rule.
    [[nodiscard]] bool uses(Field field) const noexcept {
        return is_used_[static_cast<std::size_t>(field)];
    }

    /// The heading of the id column; empty when lines are known by number.
    [[nodiscard]] const std::string& id_column() const noexcept { return id_column_; }

  private:
    static constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();

    struct BoundRule {
        const Rule* rule;
        std::vector<std::size_t> columns;                         ///< by condition
        std::vector<std::pair<Field, std::size_t>> from_columns;  ///< values of the form @COLUMN
    };

    explicit Mapper(const Spec& spec)
        : spec_(&spec) {}

    [[nodiscard]] base::Result<void> bind(const std::vector<std::string_view>& heading);
    [[nodiscard]] base::Result<void> bind_rules(const std::vector<std::string_view>& heading);
    [[nodiscard]] base::Result<void> check_given(Field field, const std::string& value);
    void fill(
        Field field,
        const std::vector<std::string_view>& record,
        const BoundRule* bound,
        std::string& text
    ) const;
    [[nodiscard]] base::Result<void> check_required();
    [[nodiscard]] const BoundRule* find_rule(const std::vector<std::string_view>& record) const;
    [[nodiscard]] bool holds(const Condition& condition, std::string_view cell) const;
    [[nodiscard]] bool convert(Field field, std::string& text);
    [[nodiscard]] bool set_quantity(Line& line);
    [[nodiscard]] bool check(const Line& line);
    [[nodiscard]] bool set_ratio(Line& line);
    bool reject(Field field, std::string_view message);

    const Spec* spec_;
    std::size_t column_count_ = 0;
    std::array<std::size_t, kFieldCount> columns_{};  ///< index in the record; kNoColumn
    std::array<bool, kFieldCount> is_used_{};
    std::vector<Field> used_;                     ///< the same, to walk over
    std::vector<Field> needed_;                   ///< those that no line may leave blank
    std::array<std::string, kFieldCount> names_;  ///< headings, for messages
    std::vector<BoundRule> rules_;
    std::string id_column_;
    std::string text_;  ///< of the field in hand
    std::string reason_;
    std::int64_t skipped_quantity_ = 0;
};

/// Hash of what a line says, by which the same id with other content is told from the same line
/// (FNV-1a, 64 bits).
[[nodiscard]] std::int64_t content_hash(const Line& line) noexcept;

}  // namespace stockd::importer
