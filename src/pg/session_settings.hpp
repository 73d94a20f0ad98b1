#pragma once

#include <string>

namespace stockd::pg {

/// Settings that change what our statements mean or how their results read. A login, a database or
/// PGOPTIONS may have set them to anything that is legal; what we send is written for these.
/// As "set a = b; ...", for a session that is ours alone.
[[nodiscard]] std::string session_settings_script();

/// The same as one statement with the parameter $1, the process of the server as libpq knows it.
/// Sets nothing where a pooler stands between: its server sessions are lent to others after us.
[[nodiscard]] std::string session_settings_statement();

/// Has the session wait for a lock half a second at most, or half of the server's deadlock_timeout
/// where that is less: whoever locks what we lock in another order, a writer's rows or an
/// administrator's tables, is not yet looking for a deadlock when we give up. After
/// session_settings_script().
[[nodiscard]] std::string short_lock_wait_script();

}  // namespace stockd::pg
