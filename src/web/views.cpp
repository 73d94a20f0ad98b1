#include "web/views.hpp"

#include "web/json.hpp"
#include "web/parameters.hpp"
#include "web/query.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace stockd::web {

namespace {

/// A cursor holds a name of 1000 characters, twice over.
constexpr std::size_t kValueMax = 20'000;

struct View {
    std::string_view name;
    std::string_view takes;  ///< parameters, each between two spaces
};

constexpr std::array kViews{
    View{"summary", " category vendor status sort limit cursor "},
    View{"by-shop", " store category by sort limit cursor "},
    View{"low-stock", " store category vendor status sort limit cursor "},
    View{"analytics", " scope store category vendor sort limit cursor "},
    View{"search", " q category vendor limit cursor "},
};

const View* find_view(std::string_view name) noexcept {
    const auto* const found = std::find_if(kViews.begin(), kViews.end(), [&](const auto& view) {
        return view.name == name;
    });
    return found == kViews.end() ? nullptr : found;
}

/// "store, sort"
std::string list_of(std::string_view takes) {
    std::string text;
    takes.remove_prefix(1);
    takes.remove_suffix(1);
    for (const char c : takes) {
        if (c == ' ') {
            text += ", ";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

bool is_view(std::string_view name) noexcept {
    return find_view(name) != nullptr;
}

bool follows_changes(std::string_view view) noexcept {
    return view != "analytics";
}

std::optional<Problem> read_view_filters(
    std::string_view view, std::string_view query, std::string& filters
) {
    const auto* const known = find_view(view);
    std::vector<std::string> names;
    std::string name;
    std::string value;
    filters = '{';
    QueryReader reader{query};
    while (const auto parameter = reader.next()) {
        if (auto problem = decode(parameter->name, Plus::kSpace, "A parameter's name", name)) {
            return problem;
        }
        if (name.find(' ') != std::string::npos ||
            known->takes.find(' ' + name + ' ') == std::string_view::npos) {
            return bad_request(
                "Unknown parameter " + quoted(name),
                "This page takes: " + list_of(known->takes) + "."
            );
        }
        if (std::find(names.begin(), names.end(), name) != names.end()) {
            return bad_request("Parameter " + name + " is given twice", "Give it once.");
        }
        if (!parameter->value || parameter->value->empty()) {
            return bad_request("Parameter " + name + " has no value", "Write " + name + "=...");
        }
        if (parameter->value->size() > kValueMax) {
            return bad_request("Parameter " + name + " is too long", "Give a shorter one.");
        }
        if (auto problem = decode(*parameter->value, Plus::kSpace, "Parameter " + name, value)) {
            return problem;
        }
        filters += names.empty() ? "" : ",";
        append_json(filters, std::string_view{name});
        filters += ':';
        append_json(filters, std::string_view{value});
        names.push_back(name);
    }
    filters += '}';
    if (view == "search" && std::find(names.begin(), names.end(), "q") == names.end()) {
        return bad_request("Parameter q is missing", "Write search?q=words.");
    }
    return std::nullopt;
}

}  // namespace stockd::web
