#include "importer/identity.hpp"

#include <utility>

namespace stockd::importer {

base::Result<Identity> begin_import(
    pg::Connection& connection, const Spec& spec, const Mapper& mapper, const std::string& hash
) {
    const bool has_ids = mapper.uses(Field::kId);
    pg::Param source;
    if (has_ids) {
        source = spec.source.empty() ? mapper.id_column() : spec.source;
    }
    const auto rows = connection.exec(
        "select b.import_id, b.source_id, b.applied "
        "from inventory._begin_import($1, $2, $3, $4, $5) as b",
        {std::string(target_name(spec.target)), hash, mapping_key(spec), spec.file, source}
    );
    if (!rows) {
        return rows.error();
    }
    Identity identity;
    identity.key.import_id = rows->text(0, 0);
    if (has_ids) {
        identity.key.source_id = std::string(rows->text(0, 1));
    } else {
        auto applied = LineRanges::parse(rows->text(0, 2));
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
        "select range_agg(r) from inventory.imports as i "
        "join inventory.import_batches as b using (import_id), unnest(b.lines) as r "
        "where i.target = $1 and i.file_hash = $2 and i.mapping = $3",
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
