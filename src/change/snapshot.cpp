#include "change/snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace stockd::change {

namespace {

/// PostgreSQL's own limit is the number of connections and prepared transactions; this bounds
/// hostile input.
constexpr std::size_t kXipMax = 100'000;

base::Error invalid(std::string_view text, std::string detail) {
    return {
        base::ErrorCode::kInvalidArgument,
        "not a snapshot: \"" + std::string(text.substr(0, 60)) + "\"",
        std::move(detail),
        "A snapshot reads xmin:xmax:xip,xip as pg_current_snapshot() prints it.",
        {}};
}

/// Takes a decimal number from the front of text.
std::optional<Xid> take_number(std::string_view& text) {
    Xid value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end == text.data()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

}  // namespace

bool Snapshot::covers(Xid xid) const noexcept {
    if (xid < xmin) {
        return true;
    }
    return xid < xmax && !std::binary_search(xip.begin(), xip.end(), xid);
}

base::Result<Snapshot> parse_snapshot(std::string_view text) {
    std::string_view rest = text;
    const auto xmin = take_number(rest);
    const bool first_colon = take(rest, ':');
    const auto xmax = take_number(rest);
    if (!xmin || !first_colon || !xmax || !take(rest, ':')) {
        return invalid(text, "xmin, xmax and the list are separated by colons");
    }
    Snapshot snapshot{*xmin, *xmax, {}};
    if (snapshot.xmin == 0 || snapshot.xmin > snapshot.xmax) {
        return invalid(text, "xmin is 0 or above xmax");
    }
    while (!rest.empty()) {
        if (!snapshot.xip.empty() && !take(rest, ',')) {
            return invalid(text, "the list is separated by commas");
        }
        const auto xid = take_number(rest);
        if (!xid) {
            return invalid(text, "the list holds something that is not a number");
        }
        const Xid least = snapshot.xip.empty() ? snapshot.xmin : snapshot.xip.back() + 1;
        if (*xid < least || *xid >= snapshot.xmax) {
            return invalid(text, "the list is not ascending between xmin and xmax");
        }
        if (snapshot.xip.size() == kXipMax) {
            return invalid(text, "the list is too long");
        }
        snapshot.xip.push_back(*xid);
    }
    return snapshot;
}

std::string to_string(const Snapshot& snapshot) {
    std::string text = std::to_string(snapshot.xmin) + ':' + std::to_string(snapshot.xmax) + ':';
    for (std::size_t i = 0; i < snapshot.xip.size(); ++i) {
        if (i != 0) {
            text += ',';
        }
        text += std::to_string(snapshot.xip[i]);
    }
    return text;
}

}  // namespace stockd::change
