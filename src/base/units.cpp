#include "base/units.hpp"

namespace stockd::base {

std::optional<Unit> parse_unit(std::string_view text) noexcept {
    if (text == "piece") {
        return Unit::kPiece;
    }
    if (text == "pack") {
        return Unit::kPack;
    }
    if (text == "box") {
        return Unit::kBox;
    }
    return std::nullopt;
}

Breakdown break_down(std::int64_t pieces, Packing packing) noexcept {
    if (pieces <= 0) {
        return {};
    }
    Breakdown result;
    std::int64_t per_box = 0;
    if (!__builtin_mul_overflow(packing.pieces_per_pack, packing.packs_per_box, &per_box)) {
        result.boxes = pieces / per_box;
        pieces %= per_box;
    }
    result.packs = pieces / packing.pieces_per_pack;
    result.pieces = pieces % packing.pieces_per_pack;
    return result;
}

std::optional<std::int64_t> to_pieces(std::int64_t quantity, Unit unit, Packing packing) noexcept {
    std::int64_t pieces = quantity;
    if (unit != Unit::kPiece && __builtin_mul_overflow(pieces, packing.pieces_per_pack, &pieces)) {
        return std::nullopt;
    }
    if (unit == Unit::kBox && __builtin_mul_overflow(pieces, packing.packs_per_box, &pieces)) {
        return std::nullopt;
    }
    return pieces;
}

}  // namespace stockd::base
