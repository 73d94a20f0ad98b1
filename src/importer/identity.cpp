#include "importer/identity.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace stockd::importer {

namespace {

/// Chosen: how often it is looked whether the other run of a file has ended.
constexpr std::chrono::milliseconds kClaimPause{50};

}  // namespace

base::Result<bool> claim_file(
    pg::Connection& connection,
    const Spec& spec,
    const std::string& hash,
    const std::function<bool()>& is_cancelled
) {
    while (!is_cancelled()) {
        // Tried, not waited for: a statement that waits keeps the database from cleaning up.
        const auto rows = connection.exec(
            "select pg_try_advisory_lock(hashtextextended(concat_ws(' ', $1::text, $2::text, "
            "$3::text), 0))",
            {std::string(target_name(spec.target)), hash, mapping_key(spec)}
        );
        if (!rows) {
            return rows.error();
        }
        if (rows->boolean(0, 0)) {
            return true;
        }
        std::this_thread::sleep_for(kClaimPause);
    }
    return false;
}

base::Result<Identity> begin_import(
    pg::Connection& connection, const Spec& spec, const Mapper& mapper, const std::string& hash
) {
    const bool has_ids = mapper.uses(Field::kId);
    pg::Param source;
    if (has_ids) {
        source = spec.source.empty() ? mapper.id_column() : spec.source;
    }
    const auto rows = connection.exec(
        "select b.import_id, b.run, b.source_id, b.applied "
        "from inventory._begin_import($1, $2, $3, $4, $5) as b",
        {std::string(target_name(spec.target)), hash, mapping_key(spec), spec.file, source}
    );
    if (!rows) {
        return rows.error();
    }
    Identity identity;
    identity.key.import_id = rows->text(0, 0);
    identity.key.run = rows->text(0, 1);
    if (has_ids) {
        identity.key.source_id = std::string(rows->text(0, 2));
    } else {
        auto applied = LineRanges::parse(rows->text(0, 3));
        if (!applied) {
            return applied.error();
        }
        identity.applied_before = std::move(*applied);
    }
    return identity;
}

base::Result<Identity> look_back(
    pg::Connection& connection, const Spec& spec, const std::string& hash
) {
    const auto rows = connection.exec(
        "select (select inventory._applied_lines(i.import_id) from inventory.imports as i "
        "where i.target = $1 and i.file_hash = $2 and i.mapping = $3)",
        {std::string(target_name(spec.target)), hash, mapping_key(spec)}
    );
    if (!rows) {
        return rows.error();
    }
    auto applied = LineRanges::parse(rows->text(0, 0));
    if (!applied) {
        return applied.error();
    }
    return Identity{{}, std::move(*applied)};
}

}  // namespace stockd::importer
