#pragma once

#include "migrate/migrate.hpp"
#include "pg/connection.hpp"

#include <functional>
#include <string>
#include <vector>

/// For tests of the runner against the cluster that libpq's environment names; its user is a
/// superuser.
namespace stockd::test {

/// A database of its own, dropped at the end, and the login that migrates: CREATEROLE, CREATE on
/// the database, no more.
class FreshDatabase {
  public:
    FreshDatabase();
    FreshDatabase(const FreshDatabase&) = delete;
    FreshDatabase& operator=(const FreshDatabase&) = delete;
    FreshDatabase(FreshDatabase&&) = delete;
    FreshDatabase& operator=(FreshDatabase&&) = delete;
    ~FreshDatabase();

    [[nodiscard]] pg::Connection as_migrator() const;
    [[nodiscard]] pg::Connection as_superuser() const;
    [[nodiscard]] pg::Connection as_login(const std::string& login) const;

    [[nodiscard]] const std::string& name() const { return name_; }

  private:
    std::string name_;
};

inline constexpr const char* kMigrator = "test_migrator";

/// The first column of the first row; fails the test on an error.
[[nodiscard]] std::string query(pg::Connection& connection, const std::string& sql);
void execute(pg::Connection& connection, const std::string& sql);

/// Waits until the statement gives "t"; fails the test after ten seconds.
void wait_until(pg::Connection& connection, const std::string& sql);

/// A schema of two migrations and a function, small enough to change in a test.
[[nodiscard]] std::vector<migrate::SourceFile> small_sources();
[[nodiscard]] migrate::SchemaFiles parse(
    const std::vector<migrate::SourceFile>& sources, const std::string& version = "1.0.0"
);

/// run() with short time limits.
[[nodiscard]] base::Result<migrate::Report> run(
    pg::Connection& connection, const migrate::SchemaFiles& files
);

/// Everything in schema inventory and who owns it, one line each: equal texts are equal schemas.
[[nodiscard]] std::string fingerprint(pg::Connection& connection);

}  // namespace stockd::test
