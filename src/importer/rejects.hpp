#pragma once

#include "importer/import.hpp"

#include <string>
#include <vector>

namespace stockd::importer {

/// Writes the rejected lines as they stand in the file, with the columns reject_line and
/// reject_reason at the end, so that they can be mended and imported with the same mapping. A line
/// that is no record stands whole in the first column. REQUIRES: sorted by line. Errors: kIo; the
/// file of that name is then as it was before.
[[nodiscard]] base::Result<void> write_rejects(
    const Spec& spec, const std::string& path, const std::vector<Rejected>& rejects
);

/// Refuses a file for rejected lines that is the imported file itself, under whatever name, before
/// anything is imported: it would be written over. Errors: kInvalidArgument.
[[nodiscard]] base::Result<void> check_rejects_file(const Spec& spec);

/// Puts the summary's rejected lines into the order of the file, and but for a dry run into the
/// file that the spec says, which the summary then names. Errors: as above.
[[nodiscard]] base::Result<void> file_rejects(const Spec& spec, Summary& summary);

}  // namespace stockd::importer
