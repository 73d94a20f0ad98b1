#pragma once

#include "importer/batch.hpp"
#include "importer/spec.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// Imports CSV files into a database that has the schema. Blocking; any thread, one at a time per
/// call. It opens three connections: two apply, each stock rows of its own, one looks up codes.
namespace stockd::importer {

struct Progress {
    std::string file;
    std::uint64_t bytes_done = 0;  ///< of the file as it lies on disk
    std::uint64_t bytes_total = 0;
    std::uint64_t lines = 0;  ///< records read
    std::int64_t applied = 0;
    std::uint64_t rejected = 0;
};

struct Hooks {
    std::function<void(const Progress&)> on_progress = [](const Progress&) {
    };                                                          ///< after every batch
    std::function<bool()> is_cancelled = [] { return false; };  ///< asked before every batch
};

struct Skipped {
    std::uint64_t lines = 0;
    std::int64_t quantity = 0;  ///< sum of the cells, as they stand in the file
};

struct Summary {
    Target target = Target::kMovements;
    std::string file;
    std::uint64_t lines = 0;   ///< records of the file; applied + already + rejected + skipped
    std::int64_t applied = 0;  ///< with a dry run: what would be
    std::int64_t already = 0;  ///< were applied by an earlier run; said what is so anyway
    std::map<std::string, Skipped> skipped;  ///< by the rules' classes
    std::vector<Rejected> rejected;          ///< by line
    std::string rejects_file;                ///< empty when there are none
    std::int64_t created_products = 0;       ///< with a dry run: how many would be
    std::int64_t created_stores = 0;
    std::int64_t changed = 0;  ///< products or stores that were there and changed; a dry run: 0
    double seconds = 0;
    bool is_dry_run = false;
    bool is_cancelled = false;

    [[nodiscard]] std::uint64_t skipped_lines() const noexcept;
};

/// Errors: what stops the whole import (the file, its heading, the database). What was applied
/// until then stays, and the same call again goes on from there.
[[nodiscard]] base::Result<Summary> run(
    const std::string& conninfo, const Spec& spec, const Hooks& hooks
);

}  // namespace stockd::importer
