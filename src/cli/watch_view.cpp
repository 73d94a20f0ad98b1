#include "cli/watch_view.hpp"

#include "cli/exact_json.hpp"
#include "cli/output.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace stockd::cli {

namespace json = boost::json;

namespace {

std::string signed_number(std::int64_t number) {
    return (number < 0 ? "" : "+") + std::to_string(number);
}

std::string delta_of(const FeedRow& row) {
    std::string out =
        row.on_hand_delta != 0 || row.reserved_delta == 0 ? signed_number(row.on_hand_delta) : "";
    if (row.reserved_delta != 0) {
        out += (out.empty() ? "" : ", ") + std::string("reserved ") +
               signed_number(row.reserved_delta);
    }
    return out;
}

std::string why_of(const FeedRow& row) {
    std::string out = "by " + row.actor;
    for (const auto& part : {row.reference, row.reason}) {
        out += part.empty() ? "" : ": " + part;
    }
    return printable(out);
}

/// "price 2.55 -> 2.95" of [{"field","oldValue","newValue"}], the values as PostgreSQL wrote them.
std::string describe_changes(const std::string& changes) {
    if (!is_json(changes)) {
        return printable(changes);
    }
    std::string out;
    for (const auto change : json_elements(changes)) {
        const auto text = [&](std::string_view name) {
            const auto value = json_member(change, name);
            return value.empty() ? std::string("?") : compact_json(value);
        };
        auto field = text("field");
        if (field.size() > 2 && field.front() == '"') {
            field = field.substr(1, field.size() - 2);
        }
        out +=
            (out.empty() ? "" : ", ") + field + " " + text("oldValue") + " -> " + text("newValue");
    }
    return printable(out);
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

/// Cut to a number of columns; bytes that begin a character count.
std::string cut(const std::string& line, std::size_t columns) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U;
        if (begins && ++count > columns) {
            return line.substr(0, i);
        }
    }
    return line;
}

}  // namespace

std::string render_line(const FeedRow& row) {
    std::string out = row.recorded_at;
    out += "  " + (row.store.empty() ? std::string("-") : printable(row.store));
    out += "  " + (row.sku.empty() ? std::string("-") : printable(row.sku)) + "  ";
    if (!row.is_movement) {
        return out + printable(row.type) + "  " + describe_changes(row.changes) + "  by " +
               printable(row.actor) + "\n";
    }
    out += delta_of(row) + " -> " + std::to_string(row.on_hand_after) + " on hand, " +
           std::to_string(row.on_hand_after - row.reserved_after) + " available";
    return out + "  " + printable(row.type) + "  v" + std::to_string(row.version) + "  " +
           why_of(row) + "\n";
}

std::string render_json(const FeedRow& row) {
    json::object out{
        {"source", row.is_movement ? "movement" : "event"},
        {"type", row.type},
        {"storeId", text_or_null(row.store)},
        {"productId", text_or_null(row.sku)},
    };
    if (row.is_movement) {
        out["onHandDelta"] = row.on_hand_delta;
        out["reservedDelta"] = row.reserved_delta;
        out["onHand"] = row.on_hand_after;
        out["reserved"] = row.reserved_after;
        out["available"] = row.on_hand_after - row.reserved_after;
        out["version"] = row.version;
        out["reason"] = text_or_null(row.reason);
        out["reference"] = text_or_null(row.reference);
    }
    auto text = json::serialize(out);
    text.pop_back();
    if (!row.is_movement) {
        // Not through a number of ours, which would round.
        text += R"(,"changes":)" + (is_json(row.changes) ? compact_json(row.changes) : "null");
    }
    const json::object end{
        {"actor", row.actor}, {"recordedAt", row.recorded_at}, {"ticket", row.ticket}};
    return text + "," + json::serialize(end).substr(1);
}

WatchTable::Line& WatchTable::touch(const std::string& store, const std::string& sku) {
    const Key key{store, sku};
    auto& line = lines_[key];
    by_order_.erase(line.order);
    line.order = next_order_++;
    by_order_[line.order] = key;
    if (lines_.size() > kLinesMax) {
        const auto oldest = by_order_.begin();
        lines_.erase(oldest->second);
        by_order_.erase(oldest);
    }
    return line;
}

void WatchTable::set(
    const std::string& store,
    const std::string& sku,
    std::int64_t on_hand,
    std::int64_t reserved,
    std::int64_t version,
    const std::string& updated_at
) {
    auto& line = touch(store, sku);
    line.on_hand = on_hand;
    line.reserved = reserved;
    line.version = version;
    line.at = updated_at;
}

void WatchTable::apply(const FeedRow& row) {
    if (!row.is_movement) {
        say(render_line(row));
        return;
    }
    auto& line = touch(row.store, row.sku);
    // Within one read, rows of one stock row may come by transaction; the version is the order.
    if (row.version < line.version) {
        return;
    }
    line.on_hand = row.on_hand_after;
    line.reserved = row.reserved_after;
    line.version = row.version;
    line.at = row.recorded_at;
    line.last_change = delta_of(row) + " " + row.type + ", " + why_of(row);
}

void WatchTable::clear() {
    lines_.clear();
    by_order_.clear();
}

void WatchTable::say(const std::string& sentence) {
    sentences_.push_back(
        sentence.ends_with('\n') ? sentence.substr(0, sentence.size() - 1) : sentence
    );
    if (sentences_.size() > kSentencesMax) {
        sentences_.pop_front();
    }
}

std::string WatchTable::render(std::size_t lines, std::size_t columns, const std::string& heading)
    const {
    Table table({
        {"STORE"},
        {"SKU"},
        {"ON HAND", Align::kRight},
        {"RESERVED", Align::kRight},
        {"AVAILABLE", Align::kRight},
        {"VERSION", Align::kRight},
        {"AT"},
        {"LAST CHANGE"},
    });
    // Heading, blank line, titles, sentences, and the line on which the cursor rests.
    const std::size_t taken = 4 + sentences_.size();
    const std::size_t room = lines > taken ? lines - taken : 1;
    std::size_t shown = 0;
    for (auto it = by_order_.rbegin(); it != by_order_.rend() && shown < room; ++it, ++shown) {
        const auto& line = lines_.at(it->second);
        const auto time = line.at.size() > 12 ? line.at.substr(11, 12) : line.at;
        table.add({
            printable(it->second.first),
            printable(it->second.second),
            std::to_string(line.on_hand),
            std::to_string(line.reserved),
            std::to_string(line.on_hand - line.reserved),
            std::to_string(line.version),
            time,
            line.last_change,
        });
    }
    std::string text = heading + "\n\n" + table.render();
    for (const auto& sentence : sentences_) {
        text += sentence + "\n";
    }
    std::string out;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find('\n', from);
        out += cut(text.substr(from, end - from), columns) + "\n";
        from = end + 1;
    }
    return out;
}

}  // namespace stockd::cli
