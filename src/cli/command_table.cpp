#include "cli/commands.hpp"

namespace stockd::cli {

const std::vector<AddCommand>& command_table() {
    static const std::vector<AddCommand> table{
        add_migrate,
        add_import,
        add_status,
        add_get,
        add_watch,
        add_verify,
        add_operations,
        add_queue,
        add_health,
        add_metrics,
        add_views,
        add_history,
        add_export,
        add_bench,
    };
    return table;
}

}  // namespace stockd::cli
