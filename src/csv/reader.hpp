#pragma once

#include "base/result.hpp"
#include "csv/encoding.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// RFC 4180 over a stream of bytes: quoted fields with doubled quotes and line ends inside, LF or
/// CRLF, a UTF-8 byte order mark. No I/O of its own, no PostgreSQL; one thread per Reader.
namespace stockd::csv {

/// Where the bytes come from.
class Source {
  public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;
    virtual ~Source() = default;
    /// Bytes put into `into`, at most `capacity`; 0 is the end.
    [[nodiscard]] virtual base::Result<std::size_t> read(char* into, std::size_t capacity) = 0;
};

struct Options {
    char delimiter = ',';
    Encoding encoding = Encoding::kUtf8;
    std::size_t max_record_bytes = std::size_t{1} << 20U;
    /// Lines that one record may span. A quote that is never closed is found after so many, and
    /// only its own line is lost.
    std::size_t max_record_lines = 256;
    std::size_t max_columns = 1000;
    /// Room for what is asked of the source at once. Chosen: large enough that refills do not show,
    /// small enough for a cache.
    std::size_t chunk_bytes = std::size_t{256} * 1024;
};

/// What `next` found.
enum class Step : std::uint8_t {
    kRecord,  ///< fields() holds it
    kBad,     ///< problem() says why, raw() is the physical line; reading goes on after that line
    kEnd,
};

class Reader {
  public:
    /// The source must outlive the reader.
    Reader(Source& source, Options options);

    /// Blank lines are passed over. Errors: what the source says, and a file that is no text of the
    /// kind (UTF-16, gzip).
    [[nodiscard]] base::Result<Step> next();

    /// The record's fields, in UTF-8, without their quotes; valid until the next call of next().
    [[nodiscard]] const std::vector<std::string_view>& fields() const noexcept { return fields_; }

    /// The physical line that the record or the bad line starts at; the first is 1.
    [[nodiscard]] std::uint64_t line() const noexcept { return record_line_; }

    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

    /// The bad line (all of the record when only its bytes are wrong) as it stands in the file,
    /// without its end, cut at the record limit.
    [[nodiscard]] const std::string& raw() const noexcept { return raw_; }

    /// Bytes of the source that were consumed so far.
    [[nodiscard]] std::uint64_t offset() const noexcept { return discarded_ + begin_; }

  private:
    /// A broken line gives up only itself; a record that is whole but no text is given up as a
    /// whole.
    enum class Scan : std::uint8_t { kRecord, kBadLine, kBadRecord, kNeedMore };
    enum class After : std::uint8_t { kField, kRecord, kBad, kNeedMore };

    struct Piece {
        std::size_t begin;
        std::size_t end;
        bool has_doubled_quotes;
    };

    [[nodiscard]] base::Result<void> fill();
    [[nodiscard]] base::Result<void> check_start();
    [[nodiscard]] bool skip_blank_lines();
    [[nodiscard]] Scan scan();
    [[nodiscard]] After scan_field(std::size_t& at);
    [[nodiscard]] After scan_quoted(std::size_t& at);
    [[nodiscard]] After scan_plain(std::size_t& at);
    [[nodiscard]] After end_of_field(std::size_t& at);
    [[nodiscard]] After bad(std::string problem);
    [[nodiscard]] bool is_too_long(std::size_t at) const noexcept;
    [[nodiscard]] bool check_bytes();
    void publish_fields();
    [[nodiscard]] base::Result<void> drop_line();

    Source& source_;
    Options options_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  ///< start of the record being read
    std::size_t end_ = 0;    ///< end of what was read
    std::uint64_t discarded_ = 0;
    bool at_end_of_source_ = false;
    bool is_started_ = false;
    std::uint64_t line_ = 1;  ///< physical line at begin_
    std::uint64_t record_line_ = 1;
    std::size_t record_lines_ = 0;  ///< line ends inside the record being scanned
    std::size_t record_end_ = 0;    ///< end of its bytes, without its line end
    std::vector<Piece> pieces_;
    std::vector<std::string_view> fields_;
    std::string converted_;
    std::string problem_;
    std::string raw_;
};

}  // namespace stockd::csv
