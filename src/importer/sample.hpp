#pragma once

#include "importer/import.hpp"

#include <string>
#include <vector>

namespace stockd::importer {

/// Imports what a folder's manifest.json lists, in its order: {"imports": [{...as parse_spec()
/// reads it...}]}. Files are relative to the folder. Stopped at any point, the same call goes on
/// from there; called again when done, it changes nothing. `on_progress` gets one Progress over all
/// files: bytes are of all of them, file is the present one. Lines that are refused are an error
/// here, because a sample that is right has none: kConflict, with the first of them.
[[nodiscard]] base::Result<std::vector<Summary>> import_sample(
    const std::string& conninfo, const std::string& folder, const Hooks& hooks
);

}  // namespace stockd::importer
