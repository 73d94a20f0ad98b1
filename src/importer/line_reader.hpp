#pragma once

#include "importer/batch.hpp"
#include "importer/file_source.hpp"
#include "importer/import.hpp"
#include "importer/line_ranges.hpp"

#include <memory>
#include <string>

namespace stockd::importer {

/// Reads a file's records and turns them into lines; says in the summary what became of those that
/// are none. Blocking; one thread.
class LineReader {
  public:
    enum class Step : std::uint8_t { kLine, kNone, kEnd };

    /// The heading first, because it is what people get wrong; then the whole file for its hash.
    /// The spec must outlive the reader.
    [[nodiscard]] static base::Result<LineReader> open(const Spec& spec);

    /// Lines that were applied by earlier runs are counted and left out from here on.
    void leave_out(LineRanges applied) { applied_before_ = std::move(applied); }

    /// One record. Fills `line`, but not its ids, where it is to be applied. Errors: the file.
    [[nodiscard]] base::Result<Step> next(Line& line, Summary& summary);

    [[nodiscard]] const Mapper& mapper() const noexcept { return *mapper_; }

    /// Of the content (SHA-256).
    [[nodiscard]] const std::string& hash() const noexcept { return hash_; }

    [[nodiscard]] std::uint64_t position() const noexcept { return source_->position(); }

    [[nodiscard]] std::uint64_t size() const noexcept { return source_->size(); }

  private:
    LineReader() = default;

    std::unique_ptr<FileSource> source_;
    std::unique_ptr<csv::Reader> reader_;
    std::unique_ptr<Mapper> mapper_;
    std::string hash_;
    LineRanges applied_before_;
};

}  // namespace stockd::importer
