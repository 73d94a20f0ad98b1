#include "importer/codes.hpp"

#include <unordered_set>

namespace stockd::importer {

namespace {

/// The key of what a dry run would make. No stock row has it, and nothing of a dry run is staged.
constexpr std::int64_t kWouldBeMade = -1;

}  // namespace

std::string text_array(const std::vector<std::optional<std::string_view>>& texts) {
    std::string out = "{";
    for (const auto& text : texts) {
        if (out.size() > 1) {
            out += ',';
        }
        if (!text) {
            out += "NULL";
            continue;
        }
        out += '"';
        for (const char c : *text) {
            if (c == '"' || c == '\\') {
                out += '\\';
            }
            out += c;
        }
        out += '"';
    }
    out += '}';
    return out;
}

base::Result<void> Codes::resolve(pg::Connection& connection, std::span<Line> lines) {
    if (auto done = resolve(connection, lines, stores_); !done) {
        return done;
    }
    return resolve(connection, lines, products_);
}

base::Result<void> Codes::resolve(pg::Connection& connection, std::span<Line> lines, Kind& kind)
    const {
    std::vector<const Line*> unknown;
    // The first line with a name decides how a missing one is called.
    std::unordered_map<std::string_view, std::size_t> seen;
    auto known = kind.ids.end();
    for (auto& line : lines) {
        const auto code = line.text(kind.code);
        // Most files are of one store, or of one store after the other.
        if (known == kind.ids.end() || known->first != code) {
            known = kind.ids.find(code);
        }
        line.*kind.id = known == kind.ids.end() ? 0 : known->second;
        if (known != kind.ids.end()) {
            continue;
        }
        const auto [place, is_new] = seen.try_emplace(code, unknown.size());
        const bool named = !line.text(kind.name).empty();
        if (is_new) {
            unknown.push_back(&line);
        } else if (named && unknown[place->second]->text(kind.name).empty()) {
            unknown[place->second] = &line;
        }
    }
    if (unknown.empty()) {
        return {};
    }
    std::vector<std::optional<std::string_view>> codes;
    codes.reserve(unknown.size());
    for (const auto* line : unknown) {
        codes.emplace_back(line->text(kind.code));
    }
    for (int round = 0; round < 2; ++round) {
        const auto rows = connection.exec(kind.select_sql, {text_array(codes)});
        if (!rows) {
            return rows.error();
        }
        for (int row = 0; row < rows->size(); ++row) {
            kind.ids.insert_or_assign(std::string(rows->text(row, 0)), rows->integer(row, 1));
        }
        std::erase_if(unknown, [&](const Line* line) {
            return kind.ids.contains(line->text(kind.code));
        });
        if (unknown.empty() || round == 1 || missing_ == Missing::kLeft) {
            break;
        }
        if (missing_ == Missing::kCounted) {
            for (const auto* line : unknown) {
                kind.ids.emplace(line->text(kind.code), kWouldBeMade);
            }
            kind.created += static_cast<std::int64_t>(unknown.size());
            break;
        }
        if (auto created = create(connection, unknown, kind); !created) {
            return created;
        }
    }
    for (auto& line : lines) {
        if (line.*kind.id == 0) {
            const auto found = kind.ids.find(line.text(kind.code));
            line.*kind.id = found == kind.ids.end() ? 0 : found->second;
        }
    }
    return {};
}

base::Result<void> Codes::create(
    pg::Connection& connection, const std::vector<const Line*>& unknown, Kind& kind
) const {
    std::vector<std::optional<std::string_view>> codes;
    std::vector<std::optional<std::string_view>> names;
    for (const auto* line : unknown) {
        const auto name = line->text(kind.name);
        codes.emplace_back(line->text(kind.code));
        names.push_back(name.empty() ? std::nullopt : std::optional{name});
    }
    const auto rows = connection.exec(kind.insert_sql, {text_array(codes), text_array(names)});
    if (!rows) {
        return rows.error();
    }
    kind.created += rows->affected();
    return {};
}

}  // namespace stockd::importer
