#pragma once

#include "cli/command.hpp"
#include "importer/import.hpp"

#include <chrono>
#include <string>

namespace stockd::cli {

/// One line on stderr that says how far an import is: redrawn on a terminal, a new line every few
/// seconds elsewhere.
class ProgressLine {
  public:
    ProgressLine();
    void show(const importer::Progress& progress);
    /// Leaves the terminal with a clean line.
    void end();

  private:
    [[nodiscard]] std::string text(const importer::Progress& progress) const;

    bool is_terminal_;
    bool is_drawn_ = false;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point shown_;
};

/// Says what an import did: a few lines of text on stderr and the refused lines, or one line of
/// JSON on stdout.
void print_summary(const Globals& globals, const importer::Summary& summary);

}  // namespace stockd::cli
