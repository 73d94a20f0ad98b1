#include "cli/import_report.hpp"

#include "cli/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace stockd::cli {

namespace {

namespace json = boost::json;

/// Chosen: a log that is read later wants few lines, a terminal a steady picture.
constexpr auto kTerminalPace = std::chrono::milliseconds(100);
constexpr auto kLogPace = std::chrono::seconds(5);
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kShownRejects = 10;
constexpr std::size_t kJsonRejects = 100;

json::object to_json(const importer::Summary& summary) {
    json::object skipped;
    for (const auto& [name, one] : summary.skipped) {
        skipped[name] = json::object{{"lines", one.lines}, {"quantity", one.quantity}};
    }
    json::array rejects;
    for (std::size_t i = 0; i < std::min(summary.rejected.size(), kJsonRejects); ++i) {
        rejects.push_back(json::object{
            {"line", summary.rejected[i].line}, {"reason", summary.rejected[i].reason}});
    }
    return {
        {"target", importer::target_name(summary.target)},
        {"file", summary.file},
        {"dryRun", summary.is_dry_run},
        {"complete", !summary.is_cancelled},
        {"lines", summary.lines},
        {"applied", summary.applied},
        {"alreadyApplied", summary.already},
        {"rejected", summary.rejected.size()},
        {"skipped", skipped},
        {"createdProducts", summary.created_products},
        {"createdStores", summary.created_stores},
        {"changed", summary.changed},
        {"rejectsFile",
         summary.rejects_file.empty() ? json::value(nullptr) : json::value(summary.rejects_file)},
        {"rejects", rejects},
        {"seconds", summary.seconds},
    };
}

std::string to_text(const importer::Summary& summary) {
    std::string text = fmt::format(
        "{}: {} of {} lines {} in {:.1f} s",
        printable(summary.file),
        summary.applied,
        summary.lines,
        summary.is_dry_run ? "would be applied" : "applied",
        summary.seconds
    );
    if (summary.already > 0) {
        text += fmt::format(", {} were before", summary.already);
    }
    const auto* const made = summary.is_dry_run ? "would be made" : "made";
    if (summary.created_products > 0) {
        text += fmt::format(", {} products {}", summary.created_products, made);
    }
    if (summary.created_stores > 0) {
        text += fmt::format(", {} stores {}", summary.created_stores, made);
    }
    if (summary.changed > 0) {
        text += fmt::format(", {} changed", summary.changed);
    }
    text += '\n';
    for (const auto& [name, one] : summary.skipped) {
        text += fmt::format(
            "  left out as {}: {} lines, {} units\n", printable(name), one.lines, one.quantity
        );
    }
    if (summary.is_cancelled) {
        text += "  Interrupted. Run the same command again to go on.\n";
    }
    return text;
}

std::string rejects_text(const importer::Summary& summary) {
    if (summary.rejected.empty()) {
        return {};
    }
    std::string text;
    for (std::size_t i = 0; i < std::min(summary.rejected.size(), kShownRejects); ++i) {
        text += fmt::format(
            "  line {}: {}\n", summary.rejected[i].line, printable(summary.rejected[i].reason)
        );
    }
    text += fmt::format("{} lines refused", summary.rejected.size());
    text += summary.rejects_file.empty()
                ? ".\n"
                : fmt::format("; they are in {}\n", printable(summary.rejects_file));
    return text;
}

}  // namespace

ProgressLine::ProgressLine()
    : is_terminal_(::isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      shown_(started_) {}

std::string ProgressLine::text(const importer::Progress& progress) const {
    const double share = progress.bytes_total == 0 ? 1.0
                                                   : static_cast<double>(progress.bytes_done) /
                                                         static_cast<double>(progress.bytes_total);
    const auto filled =
        std::min(kBarWidth, static_cast<std::size_t>(share * static_cast<double>(kBarWidth)));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    const auto name = progress.file.substr(progress.file.rfind('/') + 1);
    return fmt::format(
        "importing [{}{}] {:3.0f} %  {}  {} lines, {:.0f}/s{}",
        std::string(filled, '#'),
        std::string(kBarWidth - filled, '.'),
        share * 100,
        printable(name),
        progress.lines,
        seconds > 0 ? static_cast<double>(progress.lines) / seconds : 0.0,
        progress.rejected > 0 ? fmt::format(", {} refused", progress.rejected) : ""
    );
}

void ProgressLine::show(const importer::Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (now - shown_ <
        (is_terminal_ ? std::chrono::steady_clock::duration(kTerminalPace) : kLogPace)) {
        return;
    }
    shown_ = now;
    is_drawn_ = true;
    print_err(is_terminal_ ? "\r\x1b[K" + text(progress) : text(progress) + "\n");
}

void ProgressLine::end() {
    if (is_drawn_ && is_terminal_) {
        print_err("\r\x1b[K");
    }
    is_drawn_ = false;
}

void print_summary(const Globals& globals, const importer::Summary& summary) {
    if (globals.json) {
        print_out(json_text(to_json(summary)) + "\n");
        return;
    }
    print_err((globals.quiet ? std::string{} : to_text(summary)) + rejects_text(summary));
}

}  // namespace stockd::cli
