#include "importer/sample.hpp"

#include "importer/file_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <vector>

namespace stockd::importer {

namespace {

/// Chosen: a manifest is some kilobytes; more than this is another file.
constexpr std::size_t kMaxManifestBytes = std::size_t{1} << 20U;

base::Result<std::string> read_text(const std::string& path) {
    auto source = FileSource::open(path);
    if (!source) {
        return source.error();
    }
    std::string text(kMaxManifestBytes, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = (*source)->read(text.data() + size, text.size() - size);
        if (!got) {
            return got.error();
        }
        if (*got == 0) {
            text.resize(size);
            return text;
        }
        size += *got;
    }
    return base::Error{
        base::ErrorCode::kInvalidArgument, path + " is too large for a manifest", {}, {}, {}};
}

base::Result<std::vector<Spec>> read_manifest(const std::string& folder) {
    const std::string path = folder + "/manifest.json";
    const auto text = read_text(path);
    if (!text) {
        return text.error();
    }
    boost::system::error_code error;
    const auto json = boost::json::parse(*text, error);
    const auto* const object = error ? nullptr : json.if_object();
    const auto* const list = object == nullptr ? nullptr : object->if_contains("imports");
    if (list == nullptr || !list->is_array()) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            path + " is not {\"imports\": [...]}",
            error ? error.message() : "",
            {},
            {}};
    }
    std::vector<Spec> specs;
    for (const auto& entry : list->get_array()) {
        auto spec =
            entry.is_object()
                ? parse_spec(entry.get_object())
                : base::Result<Spec>(base::Error{
                      base::ErrorCode::kInvalidArgument, "an import is an object", {}, {}, {}});
        if (!spec) {
            auto failure = spec.error();
            failure.message = path + ": " + failure.message;
            return failure;
        }
        spec->file = folder + "/" + spec->file;
        specs.push_back(std::move(*spec));
    }
    return specs;
}

}  // namespace

base::Result<std::vector<Summary>> import_sample(
    const std::string& conninfo, const std::string& folder, const Hooks& hooks
) {
    const auto specs = read_manifest(folder);
    if (!specs) {
        return specs.error();
    }
    std::uint64_t total = 0;
    for (const auto& spec : *specs) {
        const auto source = FileSource::open(spec.file);
        if (!source) {
            return source.error();
        }
        total += (*source)->size();
    }
    std::vector<Summary> summaries;
    Progress before;
    Progress now;
    Hooks one = hooks;
    one.on_progress = [&](const Progress& progress) {
        now = progress;
        now.bytes_done += before.bytes_done;
        now.bytes_total = total;
        now.lines += before.lines;
        now.applied += before.applied;
        now.rejected += before.rejected;
        hooks.on_progress(now);
    };
    for (const auto& spec : *specs) {
        auto summary = run(conninfo, spec, one);
        if (!summary) {
            return summary.error();
        }
        if (!summary->rejected.empty()) {
            const auto& first = summary->rejected.front();
            return base::Error{
                base::ErrorCode::kConflict,
                std::to_string(summary->rejected.size()) + " lines of the sample were refused",
                spec.file + ", line " + std::to_string(first.line) + ": " + first.reason,
                "Was the database used for something else? The sample wants one of its own.",
                {}};
        }
        const bool is_cancelled = summary->is_cancelled;
        summaries.push_back(std::move(*summary));
        if (is_cancelled) {
            break;
        }
        before = now;
    }
    return summaries;
}

}  // namespace stockd::importer
