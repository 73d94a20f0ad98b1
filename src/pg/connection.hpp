#pragma once

#include "base/result.hpp"

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::pg {

struct ResultDeleter {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};

struct ConnectionDeleter {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};

/// Rows of one statement, in text or binary format as it was asked for. Move-only; views live as
/// long as the object.
class Rows {
  public:
    explicit Rows(PGresult* result)
        : result_(result) {}

    [[nodiscard]] int size() const noexcept { return PQntuples(result_.get()); }

    [[nodiscard]] int columns() const noexcept { return PQnfields(result_.get()); }

    [[nodiscard]] bool is_null(int row, int column) const noexcept {
        return PQgetisnull(result_.get(), row, column) != 0;
    }

    /// Bytes of a field; empty for null.
    [[nodiscard]] std::string_view text(int row, int column) const noexcept;
    /// A field in text format as an integer. REQUIRES: the statement's column is an integer type
    /// and not null.
    [[nodiscard]] std::int64_t integer(int row, int column) const;

    [[nodiscard]] bool boolean(int row, int column) const noexcept {
        return text(row, column) == "t";
    }

    /// Rows changed, as the command tag says; 0 where it says nothing.
    [[nodiscard]] std::int64_t affected() const noexcept;

    [[nodiscard]] PGresult* get() const noexcept { return result_.get(); }

  private:
    std::unique_ptr<PGresult, ResultDeleter> result_;
};

/// A bound parameter in text format; nullopt is NULL. Values never become part of a statement's
/// text.
using Param = std::optional<std::string>;

/// One libpq connection, blocking. One thread at a time. Never reconnects by itself: a lost
/// connection is an error that the owner sees (docs/decisions says why raw libpq).
class Connection {
  public:
    /// conninfo: URI or key=value; libpq's environment variables fill what it leaves out. Errors:
    /// kUnavailable, or kPermissionDenied when the server refused the login. No password appears in
    /// an error.
    [[nodiscard]] static base::Result<Connection> connect(
        const std::string& conninfo, const std::string& application_name
    );

    /// Takes over a connected handle.
    explicit Connection(PGconn* connection)
        : connection_(connection) {}

    /// One statement with bound parameters, text results.
    [[nodiscard]] base::Result<Rows> exec(
        const std::string& sql, const std::vector<Param>& params = {}
    );
    /// Several statements in one string, no parameters (schema files). The last result.
    [[nodiscard]] base::Result<Rows> exec_script(const std::string& sql);

    /// COPY ... FROM STDIN: begin, any number of puts, end. A failed put needs no end.
    [[nodiscard]] base::Result<void> copy_in_begin(const std::string& copy_sql);
    [[nodiscard]] base::Result<void> copy_in_put(std::string_view bytes);
    /// Rows loaded. `abort_reason` makes the server refuse the COPY instead.
    [[nodiscard]] base::Result<std::int64_t> copy_in_end(const char* abort_reason = nullptr);

    [[nodiscard]] bool is_alive() const noexcept {
        return PQstatus(connection_.get()) == CONNECTION_OK;
    }

    [[nodiscard]] PGconn* get() const noexcept { return connection_.get(); }

  private:
    std::unique_ptr<PGconn, ConnectionDeleter> connection_;
};

/// The error that a failed result carries, with PostgreSQL's message, detail, hint and SQLSTATE,
/// and our code for it.
[[nodiscard]] base::Error error_of(const PGresult* result, PGconn* connection);
/// The connection's own error (lost, refused).
[[nodiscard]] base::Error error_of(PGconn* connection);
/// Our code for a SQLSTATE (docs/reference/errors.md has the table).
[[nodiscard]] base::ErrorCode code_of_sqlstate(std::string_view sqlstate) noexcept;

/// A transaction that rolls back unless committed. The connection must outlive it.
class Transaction {
  public:
    [[nodiscard]] static base::Result<Transaction> begin(
        Connection& connection, std::string_view mode = {}
    );

    Transaction(Transaction&& other) noexcept
        : connection_(std::exchange(other.connection_, nullptr)) {}

    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    [[nodiscard]] base::Result<void> commit();

  private:
    explicit Transaction(Connection* connection)
        : connection_(connection) {}

    Connection* connection_;
};

}  // namespace stockd::pg
