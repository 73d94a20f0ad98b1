#include "pg/session_settings.hpp"

#include <array>
#include <string_view>

namespace stockd::pg {

namespace {

struct Setting {
    const char* name;
    const char* value;
};

/// What is left to whoever set it: default_transaction_read_only (it may be a fence), TimeZone, and
/// which of day and month a date of a person begins with.
constexpr std::array<Setting, 13> kSettings{{
    {"search_path", "pg_catalog, pg_temp"},  // no operator or type of somebody else's comes before
    {"datestyle", "ISO"},
    {"intervalstyle", "postgres"},
    {"extra_float_digits", "1"},
    {"bytea_output", "hex"},
    {"standard_conforming_strings", "on"},
    {"array_nulls", "on"},  // NULL in an array literal is null
    {"row_security", "on"},
    {"idle_session_timeout", "0"},
    {"default_transaction_isolation", "read committed"},
    {"default_transaction_deferrable", "off"},
    {"default_tablespace", ""},  // what we make lies where the database lies
    {"default_table_access_method", "heap"},
}};

}  // namespace

std::string session_settings_script() {
    std::string made;
    for (const auto& [name, value] : kSettings) {
        // A list in quotes would be one name.
        const bool is_list = std::string_view(name) == "search_path";
        made += std::string("set ") + name + " = " + (is_list ? "" : "'") + value +
                (is_list ? "" : "'") + "; ";
    }
    return made;
}

std::string short_lock_wait_script() {
    // current_setting() gives "1s" or "200ms"; 500 is half a second, and half of it in
    // milliseconds.
    return "select set_config('lock_timeout', greatest(1, least(500, (500 * extract(epoch from "
           "current_setting('deadlock_timeout')::interval))::integer))::text, false); ";
}

std::string session_settings_statement() {
    std::string made = "select pg_catalog.set_config(s.name, s.value, false) from (values ";
    for (const auto& [name, value] : kSettings) {
        made += std::string(made.back() == ' ' ? "" : ", ") + "('" + name + "', '" + value + "')";
    }
    return made +
           ") as s (name, value) where pg_catalog.pg_backend_pid() operator(pg_catalog.=) "
           "$1::pg_catalog.int4";
}

}  // namespace stockd::pg
