#include "csv/reader.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace stockd::csv {

namespace {

std::string hex_byte(char byte) {
    char text[8];
    std::snprintf(
        text, sizeof(text), "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte))
    );
    return text;
}

/// Makes one quote of each pair, in place. REQUIRES: quotes come in pairs. The new end.
char* unescape(char* first, char* last) {
    char* out = first;
    for (const char* in = first; in != last; ++in) {
        *out++ = *in;
        if (*in == '"') {
            ++in;
        }
    }
    return out;
}

}  // namespace

Reader::Reader(Source& source, Options options)
    : source_(source),
      options_(options) {}

base::Result<void> Reader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        discarded_ += begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < options_.chunk_bytes) {
        buffer_.resize(std::max(end_ + options_.chunk_bytes, buffer_.size() * 2));
    }
    const auto got = source_.read(buffer_.data() + end_, buffer_.size() - end_);
    if (!got) {
        return got.error();
    }
    at_end_of_source_ = *got == 0;
    end_ += *got;
    return {};
}

base::Result<void> Reader::check_start() {
    is_started_ = true;
    while (end_ - begin_ < 4 && !at_end_of_source_) {
        if (auto filled = fill(); !filled) {
            return filled;
        }
    }
    const std::string_view head{buffer_.data() + begin_, end_ - begin_};
    if (head.substr(0, 3) == "\xEF\xBB\xBF") {
        begin_ += 3;
    } else if (head.substr(0, 2) == "\xFF\xFE" || head.substr(0, 2) == "\xFE\xFF") {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "The file is UTF-16, not UTF-8",
            {},
            "Convert it first, for example: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv",
            {}};
    }
    return {};
}

bool Reader::skip_blank_lines() {
    while (begin_ < end_) {
        if (buffer_[begin_] == '\n') {
            ++begin_;
        } else if (buffer_[begin_] == '\r' && begin_ + 1 < end_ && buffer_[begin_ + 1] == '\n') {
            begin_ += 2;
        } else if (buffer_[begin_] == '\r' && begin_ + 1 == end_ && at_end_of_source_) {
            ++begin_;
        } else {
            // A lone carriage return at the end of the buffer needs its successor.
            return buffer_[begin_] != '\r' || begin_ + 1 < end_;
        }
        ++line_;
    }
    return false;
}

base::Result<Step> Reader::next() {
    fields_.clear();
    if (!is_started_) {
        if (auto started = check_start(); !started) {
            return started.error();
        }
    }
    line_ += record_lines_;
    record_lines_ = 0;
    while (true) {
        const bool has_bytes = skip_blank_lines();
        const Scan found = has_bytes ? scan() : Scan::kNeedMore;
        if (found == Scan::kRecord) {
            return Step::kRecord;
        }
        if (found == Scan::kBadRecord) {
            return Step::kBad;
        }
        if (found == Scan::kBadLine) {
            if (auto dropped = drop_line(); !dropped) {
                return dropped.error();
            }
            return Step::kBad;
        }
        if (at_end_of_source_) {
            return Step::kEnd;
        }
        if (auto filled = fill(); !filled) {
            return filled.error();
        }
    }
}

/// Tries to find one whole record from begin_ on; changes nothing of it when it needs more bytes.
Reader::Scan Reader::scan() {
    pieces_.clear();
    record_lines_ = 0;
    record_line_ = line_;
    std::size_t at = begin_;
    After after = After::kField;
    while (after == After::kField) {
        if (pieces_.size() == options_.max_columns) {
            after = bad("more than " + std::to_string(options_.max_columns) + " columns");
            break;
        }
        after = scan_field(at);
    }
    if (after == After::kNeedMore) {
        record_lines_ = 0;
        return Scan::kNeedMore;
    }
    if (after == After::kBad) {
        return Scan::kBadLine;
    }
    const bool is_text = check_bytes();
    if (is_text) {
        publish_fields();
    } else {
        raw_.assign(buffer_.data() + begin_, record_end_ - begin_);
    }
    begin_ = at;
    return is_text ? Scan::kRecord : Scan::kBadRecord;
}

Reader::After Reader::bad(std::string problem) {
    problem_ = std::move(problem);
    return After::kBad;
}

bool Reader::is_too_long(std::size_t at) const noexcept {
    return at - begin_ > options_.max_record_bytes;
}

Reader::After Reader::scan_field(std::size_t& at) {
    if (at == end_ && !at_end_of_source_) {
        return After::kNeedMore;
    }
    return at < end_ && buffer_[at] == '"' ? scan_quoted(at) : scan_plain(at);
}

Reader::After Reader::scan_quoted(std::size_t& at) {
    const std::size_t field_begin = at + 1;
    std::size_t from = field_begin;
    bool has_doubled_quotes = false;
    while (true) {
        const char* const data = buffer_.data();
        const auto* quote = static_cast<const char*>(std::memchr(data + from, '"', end_ - from));
        const std::size_t stop = quote == nullptr ? end_ : static_cast<std::size_t>(quote - data);
        record_lines_ += static_cast<std::size_t>(std::count(data + from, data + stop, '\n'));
        // The closing quote is still to come, or stands at stop: it counts.
        if (record_lines_ >= options_.max_record_lines || is_too_long(stop + 1)) {
            return bad("a quoted field is not closed");
        }
        if (quote == nullptr || (stop + 1 == end_ && !at_end_of_source_)) {
            return at_end_of_source_ ? bad("a quoted field is not closed") : After::kNeedMore;
        }
        if (stop + 1 < end_ && data[stop + 1] == '"') {
            has_doubled_quotes = true;
            from = stop + 2;
            continue;
        }
        pieces_.push_back({field_begin, stop, has_doubled_quotes});
        at = stop + 1;
        const After after = end_of_field(at);
        return after == After::kBad ? bad("text after the closing quote of a field") : after;
    }
}

Reader::After Reader::scan_plain(std::size_t& at) {
    const std::size_t field_begin = at;
    const char delimiter = options_.delimiter;
    const char* const data = buffer_.data();  // the library checks every index of a vector
    // Not beyond the limit, so that the same is found however much of the file is there yet.
    const std::size_t stop = std::min(end_, begin_ + options_.max_record_bytes + 1);
    while (at < stop) {
        const char c = data[at];
        if (c == delimiter || c == '\n' || c == '\r') {
            break;
        }
        if (c == '"') {
            return bad("a quote inside a field that does not begin with one");
        }
        ++at;
    }
    if (is_too_long(at)) {
        return bad("longer than " + std::to_string(options_.max_record_bytes) + " bytes");
    }
    if (at == end_ && !at_end_of_source_) {
        return After::kNeedMore;
    }
    pieces_.push_back({field_begin, at, false});
    const After after = end_of_field(at);
    return after == After::kBad ? bad("a carriage return that ends no line") : after;
}

/// At a delimiter, a line end or the end of the file; passes over it. kBad at anything else.
Reader::After Reader::end_of_field(std::size_t& at) {
    record_end_ = at;
    if (at == end_) {
        return After::kRecord;
    }
    if (buffer_[at] == options_.delimiter) {
        ++at;
        return After::kField;
    }
    if (buffer_[at] == '\r') {
        if (at + 1 == end_) {
            if (!at_end_of_source_) {
                return After::kNeedMore;
            }
            at = end_;
            return After::kRecord;
        }
        if (buffer_[at + 1] == '\n') {
            at += 2;
            ++record_lines_;
            return After::kRecord;
        }
        return After::kBad;
    }
    if (buffer_[at] == '\n') {
        ++at;
        ++record_lines_;
        return After::kRecord;
    }
    return After::kBad;
}

bool Reader::check_bytes() {
    const std::string_view bytes{buffer_.data() + begin_, record_end_ - begin_};
    if (bytes.find('\0') != std::string_view::npos) {
        problem_ = "a zero byte";
        return false;
    }
    if (options_.encoding != Encoding::kUtf8) {
        return true;
    }
    const auto invalid = base::find_invalid_utf8(bytes);
    if (invalid == std::string_view::npos) {
        return true;
    }
    const auto column = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
        return begin_ + invalid < piece.end;
    });
    problem_ = "byte " + hex_byte(bytes[invalid]) + " in column " +
               std::to_string(column - pieces_.begin() + 1) +
               " is not UTF-8 (is the file latin1 or windows-1252?)";
    return false;
}

void Reader::publish_fields() {
    if (options_.encoding != Encoding::kUtf8) {
        converted_.clear();
        // Every byte becomes at most three, so the views below stay valid.
        converted_.reserve(3 * (record_end_ - begin_));
    }
    for (const auto& piece : pieces_) {
        char* const first = buffer_.data() + piece.begin;
        char* last = buffer_.data() + piece.end;
        if (piece.has_doubled_quotes) {
            last = unescape(first, last);
        }
        std::string_view field{first, static_cast<std::size_t>(last - first)};
        if (options_.encoding != Encoding::kUtf8) {
            const auto from = converted_.size();
            append_as_utf8(converted_, field, options_.encoding);
            field = std::string_view{converted_}.substr(from);
        }
        fields_.push_back(field);
    }
}

/// Gives up the physical line at begin_ only: after a broken quote nothing is sure but that the
/// next line is a new try.
base::Result<void> Reader::drop_line() {
    raw_.clear();
    while (true) {
        const char* const data = buffer_.data() + begin_;
        const auto* newline = static_cast<const char*>(std::memchr(data, '\n', end_ - begin_));
        const std::size_t length =
            newline == nullptr ? end_ - begin_ : static_cast<std::size_t>(newline - data);
        raw_.append(
            data,
            std::min(
                length, options_.max_record_bytes - std::min(raw_.size(), options_.max_record_bytes)
            )
        );
        begin_ += length;
        if (newline != nullptr) {
            ++begin_;
            record_lines_ = 1;
            break;
        }
        if (at_end_of_source_) {
            record_lines_ = 0;
            break;
        }
        if (auto filled = fill(); !filled) {
            return filled;
        }
    }
    if (!raw_.empty() && raw_.back() == '\r') {
        raw_.pop_back();
    }
    return {};
}

}  // namespace stockd::csv
