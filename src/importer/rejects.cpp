#include "importer/rejects.hpp"

#include "csv/writer.hpp"
#include "importer/file_source.hpp"
#include "importer/values.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace stockd::importer {

namespace {

constexpr std::string_view kLineColumn = "reject_line";
constexpr std::string_view kReasonColumn = "reject_reason";

struct Closer {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

base::Error io_error(const std::string& path, int error) {
    return {
        base::ErrorCode::kIo,
        "the rejected lines could not be written to " + path + ": " +
            std::generic_category().message(error),
        "The other lines were imported.",
        "Name another file with --rejects and run the same command again.",
        {}};
}

/// Builds the text of one line of the reject file.
class Writer {
  public:
    Writer(const Spec& spec, const std::vector<std::string_view>& heading)
        : delimiter_(spec.csv.delimiter),
          columns_(heading.size()) {
        // The file was a reject file itself: its two last columns are written anew.
        if (columns_ > 2 && trim(heading[columns_ - 2]) == kLineColumn &&
            trim(heading.back()) == kReasonColumn) {
            kept_ = columns_ - 2;
        } else {
            kept_ = columns_;
        }
        add_fields(heading);
        end(kLineColumn, kReasonColumn);
    }

    void add_record(const std::vector<std::string_view>& fields, const Rejected& rejected) {
        if (fields.size() == columns_) {
            add_fields(fields);
        } else {
            std::string whole;
            for (const auto field : fields) {
                whole += whole.empty() ? "" : std::string(1, delimiter_);
                csv::append_field(whole, field, delimiter_);
            }
            add_whole(whole);
        }
        end(std::to_string(rejected.line), rejected.reason);
    }

    void add_raw(std::string_view raw, const Rejected& rejected) {
        add_whole(raw);
        end(std::to_string(rejected.line), rejected.reason);
    }

    [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

  private:
    void add_fields(const std::vector<std::string_view>& fields) {
        for (std::size_t i = 0; i < kept_; ++i) {
            csv::append_field(text_, fields[i], delimiter_);
            text_ += delimiter_;
        }
    }

    void add_whole(std::string_view whole) {
        csv::append_field(text_, whole, delimiter_);
        text_.append(kept_, delimiter_);
    }

    void end(std::string_view line, std::string_view reason) {
        text_ += line;
        text_ += delimiter_;
        csv::append_field(text_, reason, delimiter_);
        text_ += '\n';
    }

    char delimiter_;
    std::size_t columns_;
    std::size_t kept_ = 0;
    std::string text_;
};

base::Result<void> copy_rejects(
    const Spec& spec, const std::vector<Rejected>& rejects, std::FILE* out, const std::string& path
) {
    auto source = FileSource::open(spec.file);
    if (!source) {
        return source.error();
    }
    csv::Reader reader{**source, spec.csv};
    const auto heading = reader.next();
    if (!heading) {
        return heading.error();
    }
    Writer writer{spec, reader.fields()};
    for (auto next = rejects.begin(); next != rejects.end();) {
        const auto step = reader.next();
        if (!step) {
            return step.error();
        }
        if (*step == csv::Step::kEnd) {
            break;
        }
        if (reader.line() < next->line) {
            continue;
        }
        if (*step == csv::Step::kRecord) {
            writer.add_record(reader.fields(), *next);
        } else {
            writer.add_raw(reader.raw(), *next);
        }
        ++next;
        const auto text = writer.take();
        if (std::fwrite(text.data(), 1, text.size(), out) != text.size()) {
            return io_error(path, errno);
        }
    }
    return {};
}

}  // namespace

base::Result<void> write_rejects(
    const Spec& spec, const std::string& path, const std::vector<Rejected>& rejects
) {
    const std::string part = path + ".part";
    std::unique_ptr<std::FILE, Closer> out{std::fopen(part.c_str(), "wbe")};
    if (!out) {
        return io_error(path, errno);
    }
    auto written = copy_rejects(spec, rejects, out.get(), path);
    if (written && std::fclose(out.release()) != 0) {
        written = io_error(path, errno);
    }
    if (written && std::rename(part.c_str(), path.c_str()) != 0) {
        written = io_error(path, errno);
    }
    if (!written) {
        (void)std::remove(part.c_str());
    }
    return written;
}

base::Result<void> check_rejects_file(const Spec& spec) {
    const auto path =
        spec.rejects_file.empty() ? default_rejects_file(spec.file) : spec.rejects_file;
    std::error_code none_there;
    if (!std::filesystem::equivalent(spec.file, path, none_there) || none_there) {
        return {};
    }
    return base::Error{
        base::ErrorCode::kInvalidArgument,
        "rejected lines cannot go to " + path + ": that is the imported file",
        "It would be written over.",
        "Name another file with --rejects.",
        {}};
}

base::Result<void> file_rejects(const Spec& spec, Summary& summary) {
    std::sort(
        summary.rejected.begin(),
        summary.rejected.end(),
        [](const Rejected& a, const Rejected& b) { return a.line < b.line; }
    );
    if (summary.rejected.empty() || spec.dry_run) {
        return {};
    }
    summary.rejects_file =
        spec.rejects_file.empty() ? default_rejects_file(spec.file) : spec.rejects_file;
    return write_rejects(spec, summary.rejects_file, summary.rejected);
}

}  // namespace stockd::importer
