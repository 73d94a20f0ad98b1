#include "source/copy_reader.hpp"

#include "pg/binary.hpp"

namespace stockd::source {

namespace {

/// https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format".
constexpr std::string_view kSignature{"PGCOPY\n\377\r\n\0", 11};
constexpr std::size_t kHeaderBytes = 19;  // signature, flags, length of the extension

base::Error malformed() {
    return {
        base::ErrorCode::kSchemaMismatch,
        "the database's answer to a load is not as this program knows it",
        {},
        "Use a stockd of the schema's version: stockctl migrate --status shows it.",
        {}};
}

template <class Integer>
Integer load(std::string_view bytes, std::size_t at) {
    return *pg::binary_integer<Integer>(bytes.substr(at, sizeof(Integer)));
}

}  // namespace

base::Result<void> CopyReader::add(std::string_view bytes) {
    if (!carry_.empty()) {
        carry_.append(bytes);
        bytes = carry_;
    }
    while (!bytes.empty()) {
        const auto taken = take_item(bytes);
        if (!taken) {
            return malformed();
        }
        if (*taken == 0) {
            break;
        }
        bytes.remove_prefix(*taken);
    }
    carry_ = std::string(bytes);
    return {};
}

std::optional<std::size_t> CopyReader::take_header(std::string_view bytes) {
    if (bytes.size() < kHeaderBytes) {
        return 0;
    }
    const auto extension = load<std::int32_t>(bytes, kHeaderBytes - sizeof(std::int32_t));
    if (bytes.substr(0, kSignature.size()) != kSignature || extension < 0) {
        return std::nullopt;
    }
    const auto size = kHeaderBytes + static_cast<std::size_t>(extension);
    if (bytes.size() < size) {
        return 0;
    }
    step_ = Step::kRows;
    return size;
}

std::optional<std::size_t> CopyReader::take_item(std::string_view bytes) {
    if (step_ == Step::kHeader) {
        return take_header(bytes);
    }
    if (step_ == Step::kTrailer) {
        return std::nullopt;
    }
    if (bytes.size() < sizeof(std::int16_t)) {
        return 0;
    }
    const auto fields = load<std::int16_t>(bytes, 0);
    std::size_t at = sizeof(std::int16_t);
    if (fields == -1) {
        step_ = Step::kTrailer;
        return at;
    }
    if (fields < 0 || static_cast<std::size_t>(fields) != columns_) {
        return std::nullopt;
    }
    for (auto& field : row_) {
        if (bytes.size() < at + sizeof(std::int32_t)) {
            return 0;
        }
        const auto size = load<std::int32_t>(bytes, at);
        at += sizeof(std::int32_t);
        if (size == -1) {
            field.reset();
            continue;
        }
        if (size < 0) {
            return std::nullopt;
        }
        if (bytes.size() < at + static_cast<std::size_t>(size)) {
            return 0;
        }
        field = bytes.substr(at, static_cast<std::size_t>(size));
        at += static_cast<std::size_t>(size);
    }
    if (!on_row_(row_)) {
        return std::nullopt;
    }
    ++rows_;
    return at;
}

base::Result<void> CopyReader::finish() const {
    if (step_ != Step::kTrailer || !carry_.empty()) {
        return malformed();
    }
    return {};
}

}  // namespace stockd::source
