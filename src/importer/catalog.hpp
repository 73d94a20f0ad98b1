#pragma once

#include "importer/batch.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stockd::importer {

/// Products and stores: inserts the missing ones and updates the others, in the columns that are
/// mapped. A blank cell says nothing: a new row takes the default, an old one keeps what it has. As
/// the caller's own role, so that its triggers and privileges are those of any edit. One thread.
class CatalogApplier : public BatchApplier {
  public:
    CatalogApplier(const Spec& spec, const Mapper& mapper, ImportKey key);
    [[nodiscard]] base::Result<void> prepare(
        pg::Connection& connection, std::span<Line> lines, std::vector<Rejected>& rejected
    ) override;
    [[nodiscard]] base::Result<void> stage(
        pg::Connection& connection, std::span<const Line* const> lines
    ) override;
    [[nodiscard]] base::Result<void> send(pg::Connection& connection) override;
    [[nodiscard]] base::Result<BatchResult> finish(pg::Connection& connection) override;

    /// With a dry run: how many codes of the prepared lines the database does not have.
    [[nodiscard]] std::int64_t created() const noexcept { return created_; }

    [[nodiscard]] std::int64_t changed() const noexcept { return changed_; }

  private:
    struct Sql {
        std::string lock;
        std::string insert;
        std::string update;  ///< empty when only the code is mapped
        std::string known;   ///< which of the codes there are
    };

    [[nodiscard]] base::Result<void> look_up(
        pg::Connection& connection,
        std::span<Line> lines,
        Field field,
        std::vector<Rejected>& rejected
    );
    [[nodiscard]] base::Result<void> count_missing(
        pg::Connection& connection, std::span<const Line> lines
    );
    [[nodiscard]] base::Result<void> make_categories(
        pg::Connection& connection, const std::vector<std::string>& paths
    );
    void build_sql(const Mapper& mapper);

    const Spec& spec_;
    ImportKey key_;
    std::vector<Field> fields_;  ///< the code first
    Sql sql_;
    std::set<std::string, std::less<>> counted_;  ///< by a dry run, as made
    std::string numbers_;                         ///< line numbers of the staged batch
    std::int64_t count_ = 0;
    std::int64_t created_ = 0;
    std::int64_t changed_ = 0;
};

}  // namespace stockd::importer
