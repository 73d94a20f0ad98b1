#include "cli/operation.hpp"

#include "cli/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <random>

namespace stockd::cli {

namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
    const auto* const value = object.if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr || value->is_null()) {
        return {};
    }
    const auto* const text = value->if_string();
    return printable(text == nullptr ? json_text(*value) : std::string_view(*text));
}

std::string signed_text(const json::object& object, std::string_view name) {
    auto text = text_of(object, name);
    return text.empty() || text.front() == '-' || text == "0" ? text : "+" + text;
}

void print_movements(const json::array& movements) {
    Table table(
        {{"STORE"},
         {"SKU"},
         {"KIND"},
         {"CHANGE", Align::kRight},
         {"RESERVED", Align::kRight},
         {"ON HAND", Align::kRight},
         {"AVAILABLE", Align::kRight},
         {"VERSION", Align::kRight}}
    );
    for (const auto& movement : movements) {
        const auto& one = movement.as_object();
        table.add(
            {text_of(one, "store"),
             text_of(one, "sku"),
             text_of(one, "kind"),
             signed_text(one, "on_hand_delta"),
             signed_text(one, "reserved_delta"),
             text_of(one, "on_hand"),
             text_of(one, "available"),
             text_of(one, "version")}
        );
    }
    if (!table.empty()) {
        print_out(table.render());
    }
}

/// What else an answer may say, a line each.
void print_remarks(const json::object& answer) {
    std::string out;
    if (const auto* document = answer.if_contains("document");
        document != nullptr && document->is_object()) {
        const auto& one = document->get_object();
        out += "document " + text_of(one, "id") + ": " + text_of(one, "kind") + " " +
               text_of(one, "reference") + "\n";
    }
    for (const auto* name :
         {"itemsRestored",
          "synced",
          "needsApproval",
          "remaining",
          "reservation",
          "shortfall",
          "message",
          "ticket"}) {
        if (const auto text = text_of(answer, name); !text.empty()) {
            out += std::string(name) + ": " + text + "\n";
        }
    }
    print_out(out);
}

void print_refusal(const json::object& answer) {
    for (const auto& error : answer.at("errors").as_array()) {
        const auto& one = error.as_object();
        print_err("stockctl: " + text_of(one, "message") + "\n");
        for (const auto* name : {"detail", "hint"}) {
            if (const auto text = text_of(one, name); !text.empty()) {
                print_err("  " + text + "\n");
            }
        }
    }
    print_err("Nothing was changed.\n");
}

std::string sql_of(const OperationCall& call, std::vector<pg::Param>& params) {
    std::string sql = "select inventory." + call.function + "(";
    for (const auto& [name, value] : call.arguments) {
        if (!value) {
            continue;
        }
        params.push_back(value);
        sql += (params.size() > 1 ? ", \"" : "\"") + std::string(name) + "\" => $" +
               std::to_string(params.size());
    }
    // Whoever reads the answer as JSON must not take its ticket and document for some that exist.
    return sql + (call.is_dry_run ? R"() || '{"dry_run": true}')" : ")");
}

/// Of a connection that broke while the database was at work: whether it was done is not known.
base::Error with_repeat_hint(base::Error error, const OperationCall& call) {
    const auto key =
        std::find_if(call.arguments.begin(), call.arguments.end(), [](const auto& argument) {
            return argument.first == "idempotency_key" && argument.second;
        });
    if (error.code == base::ErrorCode::kUnavailable && !call.is_dry_run &&
        key != call.arguments.end()) {
        error.hint = "It is not known whether it was done. Repeat it with --key " +
                     printable(*key->second) + ": it is done once, and then you have the answer.";
    }
    return error;
}

}  // namespace

int run_operation(const Globals& globals, const OperationCall& call) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    std::optional<pg::Transaction> rolled_back;
    if (call.is_dry_run) {
        auto begun = pg::Transaction::begin(*connection);
        if (!begun) {
            return fail(globals, begun.error());
        }
        rolled_back.emplace(std::move(*begun));
    }
    std::vector<pg::Param> params;
    const auto sql = sql_of(call, params);
    const auto rows = connection->exec(sql, params);
    if (!rows) {
        return fail(globals, with_repeat_hint(rows.error(), call));
    }
    const auto text = rows->text(0, 0);
    boost::system::error_code bad;
    const auto parsed = json::parse(json::string_view(text.data(), text.size()), bad);
    if (bad || !parsed.is_object()) {
        return fail(
            globals,
            {base::ErrorCode::kSchemaMismatch,
             "the answer of inventory." + call.function + "() is no JSON object",
             {},
             "stockctl migrate --status says whether the schema is this program's.",
             {}}
        );
    }
    const auto& answer = parsed.get_object();
    const auto* const success = answer.if_contains("success");
    const bool is_done = success != nullptr && success->is_bool() && success->get_bool();
    if (globals.json) {
        print_out(std::string(text) + "\n");  // as the database wrote it: no digit is lost
    } else if (is_done) {
        if (const auto* const movements = answer.if_contains("movements")) {
            print_movements(movements->as_array());
        }
        print_remarks(answer);
    } else {
        print_refusal(answer);
    }
    if (call.is_dry_run && !globals.quiet) {
        print_err("Dry run: nothing was changed.\n");
    }
    return is_done ? kExitOk : kExitFailed;
}

std::string random_key() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> digit{0, kDigits.size() - 1};
    std::string key(32, '0');
    std::generate(key.begin(), key.end(), [&] { return kDigits[digit(random)]; });
    return key;
}

}  // namespace stockd::cli
