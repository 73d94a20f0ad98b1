#include "migrate/schema_files.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace stockd::migrate {

namespace {

base::Error rule_broken(const std::string& path, int line, std::string rule) {
    return {
        base::ErrorCode::kInvalidArgument,
        "db/" + path + ":" + std::to_string(line) + ": " + std::move(rule),
        {},
        "db/README.md describes how schema files are written",
        {}};
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
        text.remove_suffix(1);
    }
    return text;
}

/// The value of a directive line ("-- as: x"), or nothing.
std::optional<std::string> directive(std::string_view line, std::string_view key) {
    line = trim(line);
    const std::string prefix = "-- " + std::string(key) + ":";
    if (!line.starts_with(prefix)) {
        return std::nullopt;
    }
    return std::string(trim(line.substr(prefix.size())));
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    return lines;
}

bool is_role(std::string_view role) {
    return role == kOwnerRole || role == kEngineRole || role == kInstallerRole;
}

std::string default_role(std::string_view path) {
    const bool is_logic = path.starts_with("functions/") || path.starts_with("triggers/");
    return std::string(is_logic ? kEngineRole : kOwnerRole);
}

/// A file is one transaction, and its role is the runner's to set.
bool is_forbidden(const std::string& word) {
    static constexpr std::array<std::string_view, 8> kWords{
        "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "reset"};
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

base::Result<void> add_section(
    const SourceFile& file,
    std::string role,
    std::string_view text,
    int first_line,
    std::vector<Section>& sections
) {
    Section section{std::move(role), split_statements(text)};
    for (auto& statement : section.statements) {
        statement.line += first_line - 1;
        const auto word = first_word(statement.sql);
        if (is_forbidden(word)) {
            return rule_broken(
                file.path,
                statement.line,
                "a file runs in one transaction of the runner, so it cannot contain \"" + word +
                    "\""
            );
        }
    }
    if (!section.statements.empty()) {
        sections.push_back(std::move(section));
    }
    return {};
}

/// Splits at "-- as:" lines; "-- role:" among the comments at the head says how the file begins.
base::Result<std::vector<Section>> parse_sections(const SourceFile& file) {
    std::vector<Section> sections;
    std::string role = default_role(file.path);
    const auto lines = lines_of(file.body);
    std::string text;
    int first_line = 1;
    bool in_head = true;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const int line_number = static_cast<int>(i) + 1;
        const auto head_role = in_head ? directive(lines[i], "role") : std::nullopt;
        const auto as_role = directive(lines[i], "as");
        if (const auto& named = head_role ? head_role : as_role) {
            if (!is_role(*named)) {
                return rule_broken(
                    file.path,
                    line_number,
                    "\"" + *named + "\" is none of inventory_owner, inventory_engine, installer"
                );
            }
            if (auto added = add_section(file, role, text, first_line, sections); !added) {
                return added.error();
            }
            role = *named;
            text.clear();
            first_line = line_number;
        }
        const auto content = trim(lines[i]);
        in_head = in_head && (content.empty() || content.starts_with("--"));
        text.append(lines[i]);
        text += '\n';
    }
    if (auto added = add_section(file, role, text, first_line, sections); !added) {
        return added.error();
    }
    return sections;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

base::Result<Migration> parse_migration(const SourceFile& file) {
    Migration migration;
    migration.path = file.path;
    migration.checksum = file.checksum;
    const auto slash = file.path.find('/');
    migration.name =
        file.path.substr(slash + 1, file.path.size() - slash - 1 - std::string_view(".sql").size());
    const auto& name = migration.name;
    if (name.size() < 6 || !std::all_of(name.begin(), name.begin() + 4, is_digit) ||
        name[4] != '_') {
        return rule_broken(file.path, 1, "a migration is named NNNN_verb_object.sql");
    }
    for (int i = 0; i < 4; ++i) {
        migration.number = migration.number * 10 + (name[static_cast<std::size_t>(i)] - '0');
    }
    const auto lines = lines_of(file.body);
    const auto breaking = lines.empty() ? std::nullopt : directive(lines.front(), "breaking");
    if (breaking != "yes" && breaking != "no") {
        return rule_broken(
            file.path, 1, "the first line says \"-- breaking: yes\" or \"-- breaking: no\""
        );
    }
    migration.is_breaking = *breaking == "yes";
    auto sections = parse_sections(file);
    if (!sections) {
        return sections.error();
    }
    migration.sections = std::move(*sections);
    return migration;
}

}  // namespace

base::Result<SchemaFiles> parse_schema(
    const std::vector<SourceFile>& files, std::string_view program_version
) {
    SchemaFiles schema;
    schema.program_version = program_version;
    for (const auto& file : files) {
        if (file.path.starts_with("migrations/")) {
            auto migration = parse_migration(file);
            if (!migration) {
                return migration.error();
            }
            if (migration->number != schema.newest() + 1) {
                return rule_broken(
                    file.path,
                    1,
                    "migrations are numbered 1, 2, 3 ...; after " +
                        std::to_string(schema.newest()) + " comes " +
                        std::to_string(schema.newest() + 1)
                );
            }
            schema.migrations.push_back(std::move(*migration));
            continue;
        }
        auto sections = parse_sections(file);
        if (!sections) {
            return sections.error();
        }
        schema.repeatables.push_back({file.path, file.checksum, std::move(*sections)});
    }
    return schema;
}

}  // namespace stockd::migrate
