#include "source/drain_rows.hpp"

#include "pg/binary.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <utility>

namespace stockd::source {

namespace json = boost::json;

namespace {

enum Column : int {
    kKind,
    kStore,
    kProduct,
    kOnHand,
    kReserved,
    kThreshold,
    kAllowNegative,
    kVersion,
    kUpdatedAt,
    kDetail,
    kColumns
};

base::Error unexpected(std::string_view what) {
    return {
        base::ErrorCode::kSchemaMismatch,
        "the database's answer to a drain is not as this program knows it",
        std::string(what),
        "Use a stockd of the schema's version: stockctl migrate --status shows it.",
        {}};
}

std::optional<std::int64_t> integer(const pg::Rows& row, int column) {
    return pg::binary_integer<std::int64_t>(row.text(0, column));
}

std::string text_of(const json::object& detail, std::string_view name) {
    const auto* value = detail.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string{};
}

std::int64_t number_of(const json::object& detail, std::string_view name) {
    const auto* value = detail.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool truth_of(const json::object& detail, std::string_view name) {
    const auto* value = detail.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::optional<change::Uuid> parse_uuid(std::string_view text) noexcept {
    change::Uuid uuid{};
    std::size_t digits = 0;
    for (const char c : text) {
        if (c == '-') {
            continue;
        }
        const int digit = hex_digit(c);
        if (digit < 0 || digits == 2 * uuid.size()) {
            return std::nullopt;
        }
        auto& byte = uuid[digits / 2];
        byte = static_cast<std::uint8_t>((byte << 4) | digit);
        ++digits;
    }
    return digits == 2 * uuid.size() ? std::optional{uuid} : std::nullopt;
}

std::string format_uuid(const change::Uuid& uuid) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            text += '-';
        }
        text += kDigits[uuid[i] >> 4];
        text += kDigits[uuid[i] & 0xf];
    }
    return text;
}

base::Result<void> DrainRows::add(const pg::Rows& row) {
    if (row.columns() != kColumns || row.text(0, kKind).size() != 1) {
        return unexpected("wrong number or type of columns");
    }
    const char kind = row.text(0, kKind).front();
    const bool taken = kind == 'S' ? add_stock(row) : add_detail(kind, row);
    if (!taken) {
        return unexpected(std::string("a row of kind ") + kind);
    }
    return {};
}

bool DrainRows::add_stock(const pg::Rows& row) {
    const auto store = integer(row, kStore);
    const auto product = integer(row, kProduct);
    if (!store || !product) {
        return false;
    }
    change::StockChange change{{*store}, {*product}, std::nullopt};
    if (!row.is_null(0, kVersion)) {
        const auto on_hand = integer(row, kOnHand);
        const auto reserved = integer(row, kReserved);
        const auto threshold = integer(row, kThreshold);
        const auto version = integer(row, kVersion);
        const auto updated_at = pg::binary_timestamp(row.text(0, kUpdatedAt));
        const auto allow_negative = pg::binary_bool(row.text(0, kAllowNegative));
        if (!on_hand || !reserved || !threshold || !version || !updated_at || !allow_negative) {
            return false;
        }
        change.now = change::StockRow{
            {*store},
            {*product},
            *on_hand,
            *reserved,
            *threshold,
            *version,
            *updated_at,
            *allow_negative};
    }
    changes_.stock.push_back(change);
    return true;
}

bool DrainRows::add_detail(char kind, const pg::Rows& row) {
    const auto text = pg::binary_jsonb(row.text(0, kDetail));
    std::optional<json::object> detail;
    if (!text && !row.is_null(0, kDetail)) {
        return false;  // not a deletion, but no jsonb either
    }
    if (text) {
        json::error_code error;
        auto value = json::parse({text->data(), text->size()}, error);
        if (error || !value.is_object()) {
            return false;
        }
        detail = std::move(value.get_object());
    }
    switch (kind) {
        case 'P': {
            if (!detail) {
                return false;
            }
            auto snapshot = change::parse_snapshot(text_of(*detail, "snapshot"));
            if (!snapshot) {
                return false;
            }
            const base::Timestamp taken{number_of(*detail, "taken_us")};
            changes_.position = {
                from_.incarnation, change::next_since(from_, *snapshot, taken), taken, *snapshot};
            changes_.feed_rows = number_of(*detail, "feed_rows");
            has_position_ = true;
            return true;
        }
        case 'p': {
            const auto product = integer(row, kProduct);
            if (!product) {
                return false;
            }
            change::ProductChange change{{*product}, std::nullopt};
            if (detail) {
                change.now = change::ProductRow{
                    {*product},
                    text_of(*detail, "sku"),
                    text_of(*detail, "name"),
                    number_of(*detail, "pieces_per_pack"),
                    number_of(*detail, "packs_per_box"),
                    {number_of(*detail, "updated_us")},
                    truth_of(*detail, "active")};
            }
            changes_.products.push_back(std::move(change));
            return true;
        }
        case 's': {
            const auto store = integer(row, kStore);
            if (!store) {
                return false;
            }
            change::StoreChange change{{*store}, std::nullopt};
            if (detail) {
                change.now = change::StoreRow{
                    {*store},
                    text_of(*detail, "code"),
                    text_of(*detail, "name"),
                    truth_of(*detail, "active")};
            }
            changes_.stores.push_back(std::move(change));
            return true;
        }
        case 'c': {
            const auto nonce = detail ? parse_uuid(text_of(*detail, "nonce")) : std::nullopt;
            if (!nonce) {
                return false;
            }
            changes_.canaries.push_back(*nonce);
            return true;
        }
        default:
            return false;
    }
}

base::Result<change::ChangeSet> DrainRows::finish() {
    if (!has_position_) {
        return unexpected("no position");
    }
    return std::move(changes_);
}

}  // namespace stockd::source
