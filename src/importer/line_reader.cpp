#include "importer/line_reader.hpp"

#include <limits>

namespace stockd::importer {

namespace {

void count_skipped(Summary& summary, const std::string& name, std::int64_t quantity) {
    auto& skipped = summary.skipped[name];
    ++skipped.lines;
    if (__builtin_add_overflow(skipped.quantity, quantity, &skipped.quantity)) {
        skipped.quantity = std::numeric_limits<std::int64_t>::max();
    }
}

base::Error unusable(std::string message) {
    return base::Error{base::ErrorCode::kInvalidArgument, std::move(message), {}, {}, {}};
}

}  // namespace

base::Result<LineReader> LineReader::open(const Spec& spec) {
    LineReader lines;
    auto source = FileSource::open(spec.file);
    if (!source) {
        return source.error();
    }
    lines.source_ = std::move(*source);
    lines.reader_ = std::make_unique<csv::Reader>(*lines.source_, spec.csv);
    const auto heading = lines.reader_->next();
    if (!heading) {
        return heading.error();
    }
    if (*heading == csv::Step::kEnd) {
        return unusable(spec.file + " is empty: it has not even a heading");
    }
    if (*heading == csv::Step::kBad) {
        return unusable(spec.file + ": the heading cannot be read: " + lines.reader_->problem());
    }
    auto mapper = Mapper::make(spec, lines.reader_->fields());
    if (!mapper) {
        auto error = mapper.error();
        error.message = spec.file + ": " + error.message;
        return error;
    }
    lines.mapper_ = std::make_unique<Mapper>(std::move(*mapper));
    auto hash = hash_content(spec.file);
    if (!hash) {
        return hash.error();
    }
    lines.hash_ = std::move(*hash);
    return lines;
}

base::Result<LineReader::Step> LineReader::next(Line& line, Summary& summary) {
    const auto step = reader_->next();
    if (!step) {
        return step.error();
    }
    if (*step == csv::Step::kEnd) {
        return Step::kEnd;
    }
    ++summary.lines;
    const auto number = reader_->line();
    if (*step == csv::Step::kBad) {
        summary.rejected.push_back({number, reader_->problem()});
        return Step::kNone;
    }
    const auto outcome = mapper_->map(reader_->fields(), line);
    if (outcome == Mapper::Outcome::kSkipped) {
        count_skipped(summary, mapper_->reason(), mapper_->skipped_quantity());
        return Step::kNone;
    }
    if (applied_before_.contains(number)) {
        ++summary.already;
        return Step::kNone;
    }
    if (outcome == Mapper::Outcome::kRejected) {
        summary.rejected.push_back({number, mapper_->reason()});
        return Step::kNone;
    }
    line.number = number;
    return Step::kLine;
}

}  // namespace stockd::importer
