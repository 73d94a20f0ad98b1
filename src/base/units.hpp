#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stockd::base {

enum class Unit { kPiece, kPack, kBox };

/// "piece", "pack", "box"; anything else is nothing.
[[nodiscard]] std::optional<Unit> parse_unit(std::string_view text) noexcept;

/// How many pieces are in a pack and packs in a box. Both at least 1.
struct Packing {
    std::int64_t pieces_per_pack = 1;
    std::int64_t packs_per_box = 1;
};

/// An available quantity broken down into whole boxes, then whole packs, then pieces.
struct Breakdown {
    std::int64_t boxes = 0;
    std::int64_t packs = 0;
    std::int64_t pieces = 0;
    friend bool operator==(const Breakdown&, const Breakdown&) = default;
};

/// Zeros when the quantity is negative. REQUIRES: packing values at least 1. A box that would
/// overflow counts as never full.
[[nodiscard]] Breakdown break_down(std::int64_t pieces, Packing packing) noexcept;

/// quantity units in pieces, or nothing when that overflows 64 bits.
[[nodiscard]] std::optional<std::int64_t> to_pieces(
    std::int64_t quantity, Unit unit, Packing packing
) noexcept;

}  // namespace stockd::base
