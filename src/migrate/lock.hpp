#pragma once

#include "base/clock.hpp"
#include "pg/connection.hpp"

namespace stockd::migrate {

/// The advisory lock under which schemas are changed: one migrator per database. Held by the
/// session, so that it is free as soon as the process or its backend dies. Needs a direct
/// connection, or a pooler in session mode.
class MigrationLock {
  public:
    static constexpr const char* kKey = "6004511353635864579";

    /// Tries until the deadline; never waits inside the server, where a waiter would hold a
    /// snapshot. Errors: kTimeout saying who holds it.
    [[nodiscard]] static base::Result<MigrationLock> acquire(
        pg::Connection& connection, base::SteadyTime deadline
    );

    MigrationLock(MigrationLock&& other) noexcept
        : connection_(std::exchange(other.connection_, nullptr)) {}

    MigrationLock(const MigrationLock&) = delete;
    MigrationLock& operator=(const MigrationLock&) = delete;
    MigrationLock& operator=(MigrationLock&&) = delete;
    ~MigrationLock();

  private:
    explicit MigrationLock(pg::Connection* connection)
        : connection_(connection) {}

    pg::Connection* connection_;
};

}  // namespace stockd::migrate
