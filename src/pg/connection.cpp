#include "pg/connection.hpp"

#include "base/assert.hpp"
#include "pg/session_settings.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace stockd::pg {

namespace {

/// Of each server that the conninfo names. Chosen: longer than a busy server takes, shorter than a
/// person waits for one that takes connections and never answers.
constexpr const char* kConnectTimeoutS = "10";

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string{} : std::string{text};
}

/// libpq ends messages with a line feed, and some have several lines, the later ones set in: here
/// they are sentences of one.
std::string one_line(const char* message) {
    std::string text;
    bool is_apart = false;
    bool is_next_line = false;
    for (const char c : std::string_view{message == nullptr ? "" : message}) {
        if (c == '\n' || c == '\t' || c == '\r' || c == ' ') {
            is_apart = !text.empty();
            is_next_line = is_next_line || c == '\n';
            continue;
        }
        if (is_apart) {
            const bool is_ended = std::string_view{".:;,?!"}.find(text.back()) != std::string::npos;
            text += is_next_line && !is_ended ? ". " : " ";
        }
        text += c;
        is_apart = false;
        is_next_line = false;
    }
    return text;
}

bool is_success(ExecStatusType status) {
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

}  // namespace

std::string_view Rows::text(int row, int column) const noexcept {
    return {
        PQgetvalue(result_.get(), row, column),
        static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::integer(int row, int column) const {
    const auto digits = text(row, column);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    STOCKD_ASSERT(
        error == std::errc{} && end == digits.data() + digits.size(), "the column is not an integer"
    );
    return value;
}

std::int64_t Rows::affected() const noexcept {
    const std::string_view digits = PQcmdTuples(result_.get());
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

base::ErrorCode code_of_sqlstate(std::string_view sqlstate) noexcept {
    const auto cls = sqlstate.substr(0, 2);
    if (sqlstate == "SD002") {
        return base::ErrorCode::kForeignIncarnation;
    }
    if (sqlstate == "SD003") {
        return base::ErrorCode::kPositionTooOld;
    }
    if (sqlstate == "42501" || sqlstate == "SD045" || cls == "28") {
        return base::ErrorCode::kPermissionDenied;
    }
    if (cls == "22" || cls == "54" || sqlstate == "SD001" || sqlstate == "SD007") {
        return base::ErrorCode::kInvalidArgument;
    }
    // SD004: the server that was asked is a standby; as when a write meets one.
    if (sqlstate == "SD004" || sqlstate == "25006") {
        return base::ErrorCode::kUnavailable;
    }
    if (sqlstate == "SD006") {
        return base::ErrorCode::kNotFound;
    }
    // 428C9: a column that nobody writes, which is a rule of the schema and not another schema.
    if (cls == "23" || cls == "40" || cls == "SD" || sqlstate == "428C9") {
        return base::ErrorCode::kConflict;
    }
    if (sqlstate == "57014" || sqlstate == "55P03") {
        return base::ErrorCode::kTimeout;
    }
    if (cls == "08" || cls == "53" || cls == "57" || cls == "3D") {
        return base::ErrorCode::kUnavailable;
    }
    if (cls == "42" || cls == "3F") {
        return base::ErrorCode::kSchemaMismatch;
    }
    return base::ErrorCode::kInternal;
}

base::Error error_of(PGconn* connection) {
    return {base::ErrorCode::kUnavailable, one_line(PQerrorMessage(connection)), {}, {}, {}};
}

base::Error error_of(const PGresult* result, PGconn* connection) {
    std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    if (sqlstate.empty()) {
        return error_of(connection);
    }
    const auto code = code_of_sqlstate(sqlstate);
    return {
        code,
        field(result, PG_DIAG_MESSAGE_PRIMARY),
        field(result, PG_DIAG_MESSAGE_DETAIL),
        field(result, PG_DIAG_MESSAGE_HINT),
        std::move(sqlstate)};
}

base::Result<Connection> Connection::connect(
    const std::string& conninfo, const std::string& application_name
) {
    // expand_dbname: conninfo may be a URI; what follows it in the list overrides what it says.
    // What comes before dbname is a default; null leaves it to the environment.
    const char* const timeout =
        std::getenv("PGCONNECT_TIMEOUT") == nullptr ? kConnectTimeoutS : nullptr;
    const char* keywords[] = {
        "connect_timeout", "dbname", "fallback_application_name", "client_encoding", nullptr};
    const char* values[] = {timeout, conninfo.c_str(), application_name.c_str(), "UTF8", nullptr};
    Connection connection{PQconnectdbParams(keywords, values, 1)};
    if (connection.get() == nullptr) {
        throw std::bad_alloc{};
    }
    if (!connection.is_alive()) {
        return error_of(connection.get());
    }
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr
    );
    const auto set = connection.exec(
        session_settings_statement(), {std::to_string(PQbackendPID(connection.get()))}
    );
    if (!set) {
        return set.error();
    }
    return connection;
}

base::Result<Rows> Connection::exec(const std::string& sql, const std::vector<Param>& params) {
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
    }
    Rows rows{PQexecParams(
        get(),
        sql.c_str(),
        static_cast<int>(values.size()),
        nullptr,
        values.data(),
        nullptr,
        nullptr,
        /*resultFormat=*/0
    )};
    if (!is_success(PQresultStatus(rows.get()))) {
        return error_of(rows.get(), get());
    }
    return rows;
}

base::Result<Rows> Connection::exec_script(const std::string& sql) {
    Rows rows{PQexec(get(), sql.c_str())};
    if (!is_success(PQresultStatus(rows.get()))) {
        return error_of(rows.get(), get());
    }
    return rows;
}

base::Result<void> Connection::copy_in_begin(const std::string& copy_sql) {
    const Rows rows{PQexec(get(), copy_sql.c_str())};
    if (PQresultStatus(rows.get()) != PGRES_COPY_IN) {
        return error_of(rows.get(), get());
    }
    return {};
}

base::Result<void> Connection::copy_in_put(std::string_view bytes) {
    if (PQputCopyData(get(), bytes.data(), static_cast<int>(bytes.size())) != 1) {
        return error_of(get());
    }
    return {};
}

base::Result<std::int64_t> Connection::copy_in_end(const char* abort_reason) {
    if (PQputCopyEnd(get(), abort_reason) != 1) {
        return error_of(get());
    }
    std::optional<base::Error> failure;
    std::int64_t loaded = 0;
    while (PGresult* raw = PQgetResult(get())) {
        const Rows rows{raw};
        if (!is_success(PQresultStatus(raw))) {
            failure = error_of(raw, get());
        } else {
            loaded = rows.affected();
        }
    }
    if (failure) {
        return *failure;
    }
    return loaded;
}

base::Result<Transaction> Transaction::begin(Connection& connection, std::string_view mode) {
    auto begun = connection.exec("begin " + std::string(mode));
    if (!begun) {
        return begun.error();
    }
    return Transaction{&connection};
}

base::Result<void> Transaction::commit() {
    auto rows = connection_->exec("commit");
    connection_ = nullptr;
    if (!rows) {
        return rows.error();
    }
    return {};
}

Transaction::~Transaction() {
    if (connection_ != nullptr) {
        // Whether it fails or not, the server rolls back: by the statement or by the end of the
        // session.
        (void)connection_->exec("rollback");
    }
}

}  // namespace stockd::pg
