#pragma once

#include "importer/import.hpp"

#include <string>

namespace stockd::importer {

/// Imports what is_definition(): each definition by one call of the engine's function, some hundred
/// of them in a transaction. Nothing is recorded of the file; what it says is compared with what
/// the database has. REQUIRES: is_definition(spec.target). Errors: as run().
[[nodiscard]] base::Result<Summary> run_definitions(
    const std::string& conninfo, const Spec& spec, const Hooks& hooks
);

}  // namespace stockd::importer
