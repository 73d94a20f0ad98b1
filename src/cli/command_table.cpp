#include "cli/commands.hpp"

namespace stockd::cli {

const std::vector<AddCommand>& command_table() {
    static const std::vector<AddCommand> table{
        add_migrate,
    };
    return table;
}

}  // namespace stockd::cli
