#include "app/daemon.hpp"
#include "config/load.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    try {
        const auto sources = stockd::config::sources_of_process(argc, argv);
        const auto command = stockd::config::load(sources);
        if (!command) {
            std::cerr << "stockd: " << command.error() << "\n";
            return stockd::base::exit_code(stockd::base::ErrorCode::kInvalidArgument);
        }
        if (command->print_instead) {
            std::cout << *command->print_instead << std::flush;
            return 0;
        }
        return stockd::app::run_daemon(*command, sources);
    } catch (const std::exception& error) {
        std::cerr << "stockd: " << error.what() << "\n";
        return 1;
    }
}
