#include "migrate/plan.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace stockd::migrate {

namespace {

base::Error mismatch(std::string message, std::string detail, std::string hint) {
    return {
        base::ErrorCode::kSchemaMismatch,
        std::move(message),
        std::move(detail),
        std::move(hint),
        {}};
}

base::Result<void> check_known(const Migration& file, const AppliedMigration& row) {
    if (row.name != file.name) {
        return mismatch(
            "migration " + std::to_string(row.number) + " is called " + row.name +
                " in the database and " + file.name + " in this program",
            "Both were made from different lines of development.",
            "Use the program that made this database, or give the new file the next free number."
        );
    }
    if (row.checksum != file.checksum) {
        return mismatch(
            "migration " + file.name + " was edited after it was applied",
            "Applied with checksum " + row.checksum.substr(0, 12) + ", now " +
                file.checksum.substr(0, 12) + ".",
            "Put db/" + file.path + " back as it was and write the change as a new migration."
        );
    }
    return {};
}

base::Error gap(const SchemaFiles& files, int missing, int newest) {
    const auto index = static_cast<std::size_t>(missing - 1);
    const auto name =
        index < files.migrations.size() ? files.migrations[index].name : std::to_string(missing);
    return mismatch(
        "migration " + name + " was never applied, but " + std::to_string(newest) + " was",
        "The rows of inventory.schema_migration have a gap.",
        "Restore the database from a backup, or apply the missing file by hand and record it in "
        "inventory.schema_migration."
    );
}

/// Migrations that the database has and this program has not.
base::Result<void> check_newer(const SchemaFiles& files, const Applied& applied, Plan& plan) {
    for (const auto& row : applied.migrations) {
        if (row.number <= files.newest()) {
            continue;
        }
        if (row.is_breaking) {
            return mismatch(
                "the database's schema is newer than this program: migration " + row.name +
                    " changed what it relies on",
                "This is version " + files.program_version + ", which knows migrations up to " +
                    std::to_string(files.newest()) + "; version " + row.program_version +
                    " applied that one.",
                "Install version " + row.program_version + " or later."
            );
        }
        plan.is_database_newer = true;
    }
    if (plan.is_database_newer) {
        plan.warnings.push_back(
            "The database's schema (migration " + std::to_string(applied.newest()) +
            ") is newer than this program (" + std::to_string(files.newest()) +
            "), and compatible; it is left as it is."
        );
    }
    return {};
}

void plan_repeatables(const SchemaFiles& files, const Applied& applied, Plan& plan) {
    std::map<std::string_view, const AppliedRepeatable*> known;
    for (const auto& row : applied.repeatables) {
        known.emplace(row.path, &row);
    }
    std::string newer_version;
    const Repeatable* grants = nullptr;
    for (const auto& file : files.repeatables) {
        const auto found = known.find(file.path);
        const bool is_new = found == known.end();
        const bool is_changed = !is_new && found->second->checksum != file.checksum;
        if (file.path == kGrantsPath) {
            grants = &file;
        }
        if (is_changed &&
            compare_versions(found->second->program_version, files.program_version) > 0) {
            newer_version = found->second->program_version;
        } else if (is_new || is_changed) {
            plan.repeatables.push_back(&file);
        }
    }
    if (!newer_version.empty()) {
        // Also those that are missing: the newer version may have removed them.
        plan.repeatables.clear();
        plan.warnings.push_back(
            "Functions or views of the database were made by version " + newer_version +
            ", which is newer than this program (" + files.program_version +
            "); they are left as they are."
        );
        return;
    }
    // What was dropped and made again has lost its privileges.
    const bool has_grants = !plan.repeatables.empty() && plan.repeatables.back() == grants;
    if (grants != nullptr && !plan.empty() && !has_grants) {
        plan.repeatables.push_back(grants);
    }
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) noexcept {
    const auto parts = [](std::string_view text) {
        std::array<int, 3> out{};
        for (auto& part : out) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
            text.remove_prefix(static_cast<std::size_t>(end - text.data()));
            if (error != std::errc{} || !text.starts_with('.')) {
                break;
            }
            text.remove_prefix(1);
        }
        return out;
    };
    const auto left_parts = parts(left);
    const auto right_parts = parts(right);
    return left_parts < right_parts ? -1 : (left_parts > right_parts ? 1 : 0);
}

base::Result<Plan> make_plan(const SchemaFiles& files, const Applied& applied) {
    Plan plan;
    int expected = 1;
    for (const auto& row : applied.migrations) {
        if (row.number > expected) {
            return gap(files, expected, row.number);
        }
        if (row.number <= files.newest() && row.number >= 1) {
            if (auto known =
                    check_known(files.migrations[static_cast<std::size_t>(row.number - 1)], row);
                !known) {
                return known.error();
            }
        }
        ++expected;
    }
    if (auto newer = check_newer(files, applied, plan); !newer) {
        return newer.error();
    }
    if (plan.is_database_newer) {
        return plan;
    }
    for (const auto& file : files.migrations) {
        if (file.number > applied.newest()) {
            plan.migrations.push_back(&file);
        }
    }
    plan_repeatables(files, applied, plan);
    return plan;
}

}  // namespace stockd::migrate
