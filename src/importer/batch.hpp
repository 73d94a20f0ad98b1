#pragma once

#include "importer/codes.hpp"
#include "importer/mapper.hpp"
#include "pg/connection.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// How a batch of lines becomes one transaction. One thread.
namespace stockd::importer {

struct Rejected {
    std::uint64_t line = 0;
    std::string reason;
};

struct BatchResult {
    std::int64_t applied = 0;
    std::int64_t already = 0;
    std::vector<Rejected> rejected;
};

/// Whose lines they are: what inventory._begin_import() said.
struct ImportKey {
    std::string import_id;
    std::string run;
    pg::Param source_id;
};

/// Applies lines in one transaction, all or nothing but for the lines that the result names.
class BatchApplier {
  public:
    BatchApplier() = default;
    BatchApplier(const BatchApplier&) = delete;
    BatchApplier& operator=(const BatchApplier&) = delete;
    BatchApplier(BatchApplier&&) = delete;
    BatchApplier& operator=(BatchApplier&&) = delete;
    virtual ~BatchApplier() = default;

    /// Looks up, and makes where the spec says so, what the lines name. Lines whose names stay
    /// unknown are added to `rejected` and get the number 0. The connection must not be in a
    /// transaction.
    [[nodiscard]] virtual base::Result<void> prepare(
        pg::Connection& connection, std::span<Line> lines, std::vector<Rejected>& rejected
    ) = 0;
    /// Opens the transaction and brings the lines there, in the given order; they are all resolved.
    [[nodiscard]] virtual base::Result<void> stage(
        pg::Connection& connection, std::span<const Line* const> lines
    ) = 0;
    /// Sends the statement that applies them, and the commit. Returns at once.
    [[nodiscard]] virtual base::Result<void> send(pg::Connection& connection) = 0;
    /// Waits for both. After an error nothing is applied and the connection is out of the
    /// transaction.
    [[nodiscard]] virtual base::Result<BatchResult> finish(pg::Connection& connection) = 0;
    /// Whether some line of the batch is to blame for the error, and not the database: then that
    /// line is looked for, and the others are applied.
    [[nodiscard]] virtual bool is_about_data(const base::Error& error) const;
};

/// Stock, movements and lots: by COPY into import_staging and one function call.
class StagedApplier : public BatchApplier {
  public:
    StagedApplier(const Spec& spec, const Mapper& mapper, ImportKey key, Codes& codes);
    [[nodiscard]] base::Result<void> prepare(
        pg::Connection& connection, std::span<Line> lines, std::vector<Rejected>& rejected
    ) override;
    [[nodiscard]] base::Result<void> stage(
        pg::Connection& connection, std::span<const Line* const> lines
    ) override;
    [[nodiscard]] base::Result<void> send(pg::Connection& connection) override;
    [[nodiscard]] base::Result<BatchResult> finish(pg::Connection& connection) override;

  private:
    void append_row(const Line& line);

    Codes& codes_;
    ImportKey key_;
    std::string copy_sql_;
    const char* apply_sql_;
    std::vector<Field> fields_;  ///< optional columns, in the order of copy_sql_
    bool has_ids_;
    std::string rows_;
};

/// Sends a statement and a commit (or a rollback) as one pipeline; the answers are read by
/// finish_with_commit().
[[nodiscard]] base::Result<void> send_with_commit(
    pg::Connection& connection,
    const std::string& sql,
    const std::vector<pg::Param>& params,
    bool is_kept = true
);
[[nodiscard]] base::Result<pg::Rows> finish_with_commit(pg::Connection& connection);

}  // namespace stockd::importer
