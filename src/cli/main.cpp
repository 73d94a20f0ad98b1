#include "cli/program.hpp"

int main(int argc, char** argv) {
    return stockd::cli::run_program(argc, argv);
}
