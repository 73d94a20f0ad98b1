#include "app/schema_check.hpp"

#include "migrate/migrate.hpp"

#include <string>

namespace stockd::app {

namespace {

constexpr const char* kReadApplied = R"(
select 'm', number, name, checksum, is_breaking, program_version
from inventory.schema_migration
union all
select 'r', null, path, checksum, null, program_version
from inventory.schema_repeatable
order by 1, 2, 3
)";

migrate::Applied applied_of(const pg::Rows& rows) {
    migrate::Applied applied;
    applied.is_installed = true;
    for (int i = 0; i < rows.size(); ++i) {
        const auto text = [&](int column) { return std::string(rows.text(i, column)); };
        if (text(0) == "m") {
            applied.migrations.push_back(
                {static_cast<int>(rows.integer(i, 1)),
                 text(2),
                 text(3),
                 rows.boolean(i, 4),
                 text(5),
                 {}}
            );
        } else {
            applied.repeatables.push_back({text(2), text(3), text(5), {}});
        }
    }
    return applied;
}

base::Result<void> judge(const base::Result<pg::Rows>& rows) {
    migrate::Applied applied;
    if (rows) {
        applied = applied_of(*rows);
    } else if (rows.error().code != base::ErrorCode::kSchemaMismatch) {  // not: no such table
        auto error = rows.error();
        if (error.code == base::ErrorCode::kPermissionDenied && error.hint.empty()) {
            error.hint = "stockd's login needs: GRANT inventory_daemon TO <login>.";
        }
        return error;
    }
    if (const auto state = migrate::judge(applied); !state) {
        return state.error();
    }
    return {};
}

}  // namespace

source::SchemaCheck schema_check() {
    return {kReadApplied, judge};
}

}  // namespace stockd::app
