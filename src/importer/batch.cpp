#include "importer/batch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace stockd::importer {

namespace {

/// Chosen: COPY messages of a useful size.
constexpr std::size_t kCopyChunkBytes = std::size_t{256} * 1024;

struct StagingColumn {
    Field field;
    const char* name;
};

constexpr std::array<StagingColumn, 13> kOptional{{
    {Field::kKind, "kind"},
    {Field::kReason, "reason"},
    {Field::kReference, "reference"},
    {Field::kActor, "actor"},
    {Field::kCorrelationId, "correlation_id"},
    {Field::kOccurredAt, "occurred_at"},
    {Field::kId, "line_id"},
    {Field::kLowStockThreshold, "low_stock_threshold"},
    {Field::kAllowNegative, "allow_negative"},
    {Field::kUnit, "unit"},
    {Field::kUnitCost, "unit_cost"},
    {Field::kLot, "lot"},
    {Field::kExpiresOn, "expires_on"},
}};

bool is_escaped(char c) noexcept {
    return c == '\\' || c == '\t' || c == '\n' || c == '\r';
}

/// COPY's text format (specified: PostgreSQL's manual, COPY, File Formats).
void append_text(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += "\\N";
        return;
    }
    // Not find_first_of(): libstdc++ calls memchr() for every character.
    auto from = text.begin();
    while (true) {
        const auto plain_end = std::find_if(from, text.end(), is_escaped);
        out.append(from, plain_end);
        if (plain_end == text.end()) {
            return;
        }
        const char c = *plain_end;
        out += '\\';
        out += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
        from = plain_end + 1;
    }
}

template <class Integer>
void append_number(std::string& out, Integer number) {
    std::array<char, 24> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): written first
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

const char* apply_sql(Target target) noexcept {
    switch (target) {
        case Target::kStock:
            return "select inventory._import_stock($1, $2, $3)";
        case Target::kLots:
            return "select inventory._import_lots($1, $2, $3)";
        default:
            return "select inventory._import_movements($1, $2, $3)";
    }
}

base::Result<BatchResult> parse_result(std::string_view text) {
    boost::system::error_code error;
    const auto json = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
    const auto* const object = error ? nullptr : json.if_object();
    if (object == nullptr) {
        return base::Error{
            base::ErrorCode::kInternal, "the database's answer to a batch is not JSON", {}, {}, {}};
    }
    BatchResult result;
    result.applied = object->at("applied").to_number<std::int64_t>();
    result.already = object->at("already").to_number<std::int64_t>();
    for (const auto& pair : object->at("rejected").as_array()) {
        const auto& parts = pair.as_array();
        result.rejected.push_back(
            {parts.at(0).to_number<std::uint64_t>(), std::string(parts.at(1).as_string())}
        );
    }
    return result;
}

}  // namespace

bool BatchApplier::is_about_data(const base::Error& error) const {
    const auto cls = std::string_view(error.sqlstate).substr(0, 2);
    return cls == "22" || cls == "23" || cls == "54" || error.sqlstate == "SD006";
}

StagedApplier::StagedApplier(const Spec& spec, const Mapper& mapper, ImportKey key, Codes& codes)
    : codes_(codes),
      key_(std::move(key)),
      copy_sql_("copy inventory.import_staging (line, store_id, product_id, quantity"),
      apply_sql_(apply_sql(spec.target)),
      has_ids_(mapper.uses(Field::kId)) {
    for (const auto& column : kOptional) {
        if (mapper.uses(column.field)) {
            fields_.push_back(column.field);
            copy_sql_ += std::string(", ") + column.name;
        }
    }
    if (spec.target == Target::kLots) {
        fields_.push_back(Field::kQuantity);
        copy_sql_ += ", amount";
    }
    copy_sql_ += has_ids_ ? ", content) from stdin" : ") from stdin";
}

base::Result<void> StagedApplier::prepare(
    pg::Connection& connection, std::span<Line> lines, std::vector<Rejected>& rejected
) {
    if (auto resolved = codes_.resolve(connection, lines); !resolved) {
        return resolved;
    }
    for (auto& line : lines) {
        if (line.store_id != 0 && line.product_id != 0) {
            continue;
        }
        const bool is_store = line.store_id == 0;
        const auto code = line.text(is_store ? Field::kStore : Field::kSku);
        rejected.push_back(
            {line.number,
             (is_store ? "no store has the code \"" : "no product has the sku \"") +
                 std::string(code) + "\""}
        );
        line.number = 0;
    }
    return {};
}

void StagedApplier::append_row(const Line& line) {
    append_number(rows_, line.number);
    rows_ += '\t';
    append_number(rows_, line.store_id);
    rows_ += '\t';
    append_number(rows_, line.product_id);
    rows_ += '\t';
    append_number(rows_, line.quantity);
    for (const auto field : fields_) {
        rows_ += '\t';
        append_text(rows_, line.text(field));
    }
    if (has_ids_) {
        rows_ += '\t';
        append_number(rows_, content_hash(line));
    }
    rows_ += '\n';
}

base::Result<void> StagedApplier::stage(
    pg::Connection& connection, std::span<const Line* const> lines
) {
    if (auto begun = connection.exec("begin isolation level read committed"); !begun) {
        return begun.error();
    }
    const auto copy = [&]() -> base::Result<void> {
        if (auto begun = connection.copy_in_begin(copy_sql_); !begun) {
            return begun;
        }
        rows_.clear();
        for (const auto* line : lines) {
            append_row(*line);
            if (rows_.size() >= kCopyChunkBytes || line == lines.back()) {
                if (auto put = connection.copy_in_put(rows_); !put) {
                    return put;
                }
                rows_.clear();
            }
        }
        const auto loaded = connection.copy_in_end();
        return loaded ? base::Result<void>{} : loaded.error();
    };
    auto copied = copy();
    if (!copied) {
        (void)connection.exec("rollback");
    }
    return copied;
}

base::Result<void> StagedApplier::send(pg::Connection& connection) {
    return send_with_commit(connection, apply_sql_, {key_.import_id, key_.run, key_.source_id});
}

base::Result<BatchResult> StagedApplier::finish(pg::Connection& connection) {
    const auto rows = finish_with_commit(connection);
    if (!rows) {
        return rows.error();
    }
    return parse_result(rows->text(0, 0));
}

base::Result<void> send_with_commit(
    pg::Connection& connection,
    const std::string& sql,
    const std::vector<pg::Param>& params,
    bool is_kept
) {
    PGconn* const handle = connection.get();
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
    }
    const bool is_sent =
        PQenterPipelineMode(handle) == 1 &&
        PQsendQueryParams(
            handle,
            sql.c_str(),
            static_cast<int>(values.size()),
            nullptr,
            values.data(),
            nullptr,
            nullptr,
            0
        ) == 1 &&
        PQsendQueryParams(
            handle, is_kept ? "commit" : "rollback", 0, nullptr, nullptr, nullptr, nullptr, 0
        ) == 1 &&
        PQpipelineSync(handle) == 1;
    return is_sent ? base::Result<void>{} : pg::error_of(handle);
}

base::Result<pg::Rows> finish_with_commit(pg::Connection& connection) {
    PGconn* const handle = connection.get();
    std::optional<base::Error> failure;
    std::optional<pg::Rows> answer;
    // Result, null, result of the commit, null, sync. A lost connection ends the row early.
    for (int nulls = 0; nulls < 2;) {
        PGresult* const raw = PQgetResult(handle);
        if (raw == nullptr) {
            ++nulls;
            continue;
        }
        pg::Rows rows{raw};
        const auto status = PQresultStatus(raw);
        if (status == PGRES_FATAL_ERROR && !failure) {
            failure = pg::error_of(raw, handle);
        } else if (status == PGRES_TUPLES_OK) {
            answer.emplace(std::move(rows));
        }
        if (!connection.is_alive()) {
            return failure.value_or(pg::error_of(handle));
        }
    }
    const pg::Rows sync{PQgetResult(handle)};
    if (PQexitPipelineMode(handle) != 1 && !failure) {
        failure = pg::error_of(handle);
    }
    if (failure) {
        (void)connection.exec("rollback");
        return *failure;
    }
    if (!answer) {
        return base::Error{
            base::ErrorCode::kInternal, "the database gave no answer to a batch", {}, {}, {}};
    }
    return std::move(*answer);
}

}  // namespace stockd::importer
