/// A CSV file. The first byte chooses encoding and delimiter, the second how the bytes arrive.
#include "base/utf8.hpp"
#include "csv/reader.hpp"
#include "csv/writer.hpp"
#include "support/memory_source.hpp"
#include "target.hpp"

#include <string>
#include <vector>

namespace base = stockd::base;
namespace csv = stockd::csv;
namespace fuzz = stockd::fuzz;
namespace support = stockd::support;

namespace {

/// Every record and every bad line, as text that two readings can be compared by.
std::string read(
    std::string_view bytes, std::size_t step, const csv::Options& options, std::string* records
) {
    support::MemorySource source{bytes, step};
    csv::Reader reader{source, options};
    std::string out;
    std::uint64_t line = 0;
    for (;;) {
        const auto next = reader.next();
        if (!next) {
            return out + "!" + next.error().message;
        }
        if (*next == csv::Step::kEnd) {
            return out;
        }
        fuzz::require(reader.line() > line, "lines are numbered upwards");
        line = reader.line();
        out += std::to_string(line);
        if (*next == csv::Step::kBad) {
            fuzz::require(!reader.problem().empty(), "a bad line says why");
            out += "!" + reader.problem() + reader.raw();
            continue;
        }
        fuzz::require(reader.fields().size() <= options.max_columns, "columns within their limit");
        for (std::size_t i = 0; i < reader.fields().size(); ++i) {
            const auto field = reader.fields()[i];
            fuzz::require(
                base::find_invalid_utf8(field) == std::string_view::npos, "a field is text"
            );
            fuzz::require(field.find('\0') == std::string_view::npos, "a field without NUL");
            out += "|";
            out += field;
            if (i > 0) {
                *records += ',';
            }
            csv::append_field(*records, field);
        }
        // A line of nothing is none; its writer must say that it is a field.
        *records += reader.fields().size() == 1 && reader.fields()[0].empty() ? "\"\"\n" : "\n";
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    csv::Options options;
    options.encoding = data[0] % 3 == 0   ? csv::Encoding::kUtf8
                       : data[0] % 3 == 1 ? csv::Encoding::kLatin1
                                          : csv::Encoding::kWindows1252;
    options.delimiter = data[0] % 2 == 0 ? ',' : ';';
    options.max_record_bytes = 4096;
    options.max_record_lines = 8;
    // As much as the largest input: to clear 256 KiB for each would be most of the time.
    options.chunk_bytes = 8192;
    const auto bytes = fuzz::text_of(data + 2, size - 2);
    std::string records;
    std::string again;
    const auto whole = read(bytes, bytes.size(), options, &records);
    fuzz::require(
        whole == read(bytes, data[1] % 64, options, &again), "the same however it arrives"
    );
    // What was read, written and read again, is what was read.
    std::string rewritten;
    csv::Options plain;
    plain.chunk_bytes = options.chunk_bytes;
    (void)read(records, records.size(), plain, &rewritten);
    fuzz::require(records == rewritten, "what is written can be read");
    return 0;
}
