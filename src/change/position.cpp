#include "change/position.hpp"

#include <array>
#include <charconv>

namespace stockd::change {

namespace {

base::Error invalid(std::string_view text) {
    return {
        base::ErrorCode::kInvalidArgument,
        "not a position: \"" + std::string(text.substr(0, 60)) + "\"",
        {},
        "Use a position exactly as inventory.position() or inventory.feed_after() gave it.",
        {}};
}

bool is_lower_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool parse_time(std::string_view text, base::Timestamp& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.unix_us);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

base::Result<Position> parse_position(std::string_view text) {
    std::array<std::string_view, 4> fields;
    std::string_view rest = text;
    for (auto& field : fields) {
        const auto dot = rest.find('.');
        if (dot == std::string_view::npos) {
            return invalid(text);
        }
        field = rest.substr(0, dot);
        rest.remove_prefix(dot + 1);
    }
    Position position;
    position.incarnation = fields[1];
    const bool well_formed = fields[0] == "s1" && fields[1].size() == 16 &&
                             is_lower_hex(fields[1]) && parse_time(fields[2], position.since) &&
                             parse_time(fields[3], position.taken);
    if (!well_formed) {
        return invalid(text);
    }
    auto snapshot = parse_snapshot(rest);
    if (!snapshot) {
        return invalid(text);
    }
    position.snapshot = std::move(*snapshot);
    return position;
}

std::string to_string(const Position& position) {
    return "s1." + position.incarnation + '.' + std::to_string(position.since.unix_us) + '.' +
           std::to_string(position.taken.unix_us) + '.' + to_string(position.snapshot);
}

std::string short_hash(const Position& position) {
    // FNV-1a, 64 bit: http://www.isthe.com/chongo/tech/comp/fnv/
    constexpr std::uint64_t kOffset = 0xcbf29ce484222325ULL;
    constexpr std::uint64_t kPrime = 0x100000001b3ULL;
    std::uint64_t hash = kOffset;
    const auto mix = [&hash](std::uint64_t value) {
        for (int i = 0; i < 8; ++i) {
            hash = (hash ^ (value & 0xff)) * kPrime;
            value >>= 8;
        }
    };
    for (const char c : position.incarnation) {
        hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    }
    mix(position.snapshot.xmax);
    for (const Xid xid : position.snapshot.xip) {
        mix(xid);
    }
    std::string text(12, '0');
    for (std::size_t i = text.size(); i-- > 0; hash >>= 4) {
        text[i] = "0123456789abcdef"[hash & 0xf];
    }
    return text;
}

base::Timestamp next_since(
    const Position& from, const Snapshot& now, base::Timestamp now_taken
) noexcept {
    if (now.xip.empty()) {
        return now_taken;
    }
    if (now_taken < from.taken) {
        return {};
    }
    return now.xip.front() < from.snapshot.xmax ? from.since : from.taken;
}

}  // namespace stockd::change
