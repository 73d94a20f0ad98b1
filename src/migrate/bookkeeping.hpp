#pragma once

#include "migrate/plan.hpp"
#include "pg/connection.hpp"

/// What the runner keeps in the database about itself. One thread; the connection is the caller's.
namespace stockd::migrate {

/// Reads both tables. Not installed is no error. Errors: of the connection; kPermissionDenied with
/// what to grant.
[[nodiscard]] base::Result<Applied> read_applied(pg::Connection& connection);

/// Makes what every file needs: the roles, this login's membership in the two that own things,
/// schema and tables. Harmless when all is there. REQUIRES: the migration lock. Errors:
/// kPermissionDenied with what to grant.
[[nodiscard]] base::Result<void> bootstrap(pg::Connection& connection);

/// Only the roles (they are the cluster's, and pg_dump does not carry them): before a restore into
/// another cluster.
[[nodiscard]] base::Result<void> ensure_roles(pg::Connection& connection);

}  // namespace stockd::migrate
