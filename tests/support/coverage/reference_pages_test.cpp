#include "base/error.hpp"
#include "config/options.hpp"
#include "config/settings.hpp"
#include "observe/log_line.hpp"
#include "pg/connection.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

/// docs/reference/errors.md and settings.md say what the program and db/ do.

namespace base = stockd::base;
namespace config = stockd::config;
namespace observe = stockd::observe;
namespace pg = stockd::pg;

namespace {

using Row = std::vector<std::string>;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream stream{path};
    REQUIRE(stream.good());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::string page(const std::string& name) {
    return read_file(std::filesystem::path{STOCKD_ROOT} / "docs/reference" / name);
}

/// The text of every file under db/ with this ending.
std::string schema() {
    std::string text;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator{std::filesystem::path{STOCKD_ROOT} / "db"}) {
        if (entry.path().extension() == ".sql") {
            text += read_file(entry.path());
        }
    }
    return text;
}

std::string trim(std::string text) {
    text.erase(0, text.find_first_not_of(" `"));
    text.erase(text.find_last_not_of(" `") + 1);
    return text;
}

/// The rows of the table with this first heading, without the two lines of the heading.
std::vector<Row> table(const std::string& text, const std::string& first_heading) {
    std::vector<Row> rows;
    std::istringstream lines{text};
    std::string line;
    bool inside = false;
    while (std::getline(lines, line)) {
        if (!line.starts_with("| ")) {
            inside = false;
        } else if (line.starts_with("| " + first_heading + " |")) {
            inside = true;
        } else if (inside && !line.starts_with("| ---")) {
            Row row;
            std::istringstream cells{line.substr(1)};
            for (std::string cell; std::getline(cells, cell, '|');) {
                row.push_back(trim(cell));
            }
            rows.push_back(row);
        }
    }
    REQUIRE_FALSE(rows.empty());
    return rows;
}

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex regex{pattern};
    std::set<std::string> found;
    for (std::sregex_iterator at{text.begin(), text.end(), regex}; at != std::sregex_iterator{};
         ++at) {
        found.insert((*at)[1]);
    }
    return found;
}

std::set<std::string> first_cells(const std::vector<Row>& rows) {
    std::set<std::string> found;
    for (const auto& row : rows) {
        found.insert(row.at(0));
    }
    return found;
}

}  // namespace

TEST_CASE("reference: errors.md gives each code its HTTP status and exit code", "[reference]") {
    const auto rows = table(page("errors.md"), "code");
    const int count = static_cast<int>(base::ErrorCode::kInternal) + 1;
    REQUIRE(rows.size() == static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const auto code = static_cast<base::ErrorCode>(i);
        const auto name = std::string{base::error_code_name(code)};
        INFO(name);
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) {
            return each.at(0) == name;
        });
        REQUIRE(row != rows.end());
        CHECK(row->at(2) == std::to_string(base::http_status(code)));
        CHECK(row->at(3) == std::to_string(base::exit_code(code)));
    }
}

TEST_CASE("reference: errors.md gives each SQLSTATE its code", "[reference]") {
    const auto rows = table(page("errors.md"), "SQLSTATE");
    for (const auto& row : rows) {
        INFO(row.at(0));
        std::string state = row.at(0);
        if (state == "anything else") {
            state = "XX000";
        } else if (state.ends_with("...")) {
            state = state.substr(0, 2) + "Z99";  // any of the class
        }
        REQUIRE(state.size() == 5);
        CHECK(row.at(2) == base::error_code_name(pg::code_of_sqlstate(state)));
    }
}

TEST_CASE("reference: errors.md has every SQLSTATE of ours that db/ raises", "[reference]") {
    const auto listed = first_cells(table(page("errors.md"), "SQLSTATE"));
    const auto raised = all_matches(schema(), "(?:errcode =|then) '(SD[0-9]{3})'");
    REQUIRE_FALSE(raised.empty());
    for (const auto& state : raised) {
        INFO(state);
        CHECK(listed.contains(state));
    }
    for (const auto& state : listed) {
        INFO(state);
        CHECK((!state.starts_with("SD") || raised.contains(state)));
    }
}

TEST_CASE("reference: settings.md has every setting with its default", "[reference]") {
    const auto rows = table(page("settings.md"), "flag");
    const config::Options defaults;
    REQUIRE(rows.size() == config::settings().size());
    for (const auto& setting : config::settings()) {
        INFO(setting.name);
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) {
            return each.at(0) == "--" + setting.name;
        });
        REQUIRE(row != rows.end());
        CHECK(row->at(1) == setting.variable());
        CHECK(row->at(2) == setting.key());
        CHECK(row->at(3) == setting.get(defaults));
        CHECK(row->at(4) == (setting.is_live ? "live" : ""));
    }
}

TEST_CASE("reference: settings.md has the settings of the database", "[reference]") {
    const auto rows = table(page("settings.md"), "name");
    std::set<std::string> listed;
    for (const auto& row : rows) {
        listed.insert(row.at(0) + " " + row.at(2) + " " + row.at(1));
    }
    std::set<std::string> made;
    // A row of an INSERT, on a line of its own.
    const std::regex regex{R"(\n +\('([a-z_]+)', '([^']*)', '(integer|boolean|text|interval)', ')"};
    const auto text = schema();
    for (std::sregex_iterator at{text.begin(), text.end(), regex}; at != std::sregex_iterator{};
         ++at) {
        made.insert((*at)[1].str() + " " + (*at)[2].str() + " " + (*at)[3].str());
    }
    CHECK(listed == made);
}

TEST_CASE("reference: settings.md has the parameters of writers", "[reference]") {
    const auto listed = first_cells(table(page("settings.md"), "parameter"));
    const auto read = all_matches(schema(), R"(current_setting\('(inventory\.[a-z_]+)')");
    CHECK(listed == read);
}

TEST_CASE(
    "reference: the log says a failed refresh in the words that people look for", "[reference]"
) {
    const auto line = observe::line_of(observe::LoadFailed{
        observe::LoadReason::kTtl, {base::ErrorCode::kTimeout, "too slow", {}, {}, {}}, {}});
    CHECK(line.message == "Failed to refresh cache: too slow");
}
