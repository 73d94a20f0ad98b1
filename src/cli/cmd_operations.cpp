#include "cli/commands.hpp"
#include "cli/operation.hpp"
#include "cli/operation_lines.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>

namespace stockd::cli {

namespace {

/// Chosen: 10 000 lines of any content that the engine takes fit many times over.
constexpr std::size_t kMaxLinesBytes = std::size_t{64} * 1024 * 1024;

/// An argument of a function, and the option or the positional that gives it.
struct Argument {
    const char* sql;   ///< name of the function's parameter
    const char* name;  ///< "--reference" or "STORE"
    const char* help;
    bool is_required = false;
};

constexpr Argument kStore{"store", "STORE", "The store's code", true};
constexpr Argument kReference{
    "reference", "--reference", "Its number in the world: receipt, invoice, delivery note"};
constexpr Argument kActor{"actor", "--actor", "Who; left out: the login"};
constexpr Argument kAt{"occurred_at", "--at", "When it happened; left out: now"};
constexpr Argument kReason{"reason", "--reason", "Why, in words"};
constexpr Argument kParty{"party", "--party", "Supplier or customer"};
constexpr Argument kCorrelation{
    "correlation_id", "--correlation-id", "Ties together what one request did"};
constexpr Argument kKey{
    "idempotency_key",
    "--key",
    "Names this request: repeated under the same key it is done once; left out: a new one"};
constexpr Argument kTransaction{
    "transaction_id", "--transaction", "The till's own id of it: one per store is done"};
constexpr Argument kOrder{"order", "ORDER", "What you call the order, or the cart", true};

struct Operation {
    const char* command;
    const char* function;
    const char* description;
    const char* examples;
    std::vector<Argument> positionals;
    std::vector<Argument> options;
    std::optional<LineForm> lines;  ///< none: the function has none
    bool are_lines_optional = false;
};

// NOLINTNEXTLINE(readability-function-size): a table
const std::vector<Operation>& operations() {
    static const std::vector<Operation> table{
        {"receive",
         "receive_purchase",
         "Receive what a supplier delivered",
         "  stockctl receive LONDON MUG=2:box@9.50 CUP=48 --reference 'PO 7' --party 'Potters "
         "Ltd'\n"
         "  stockctl receive LONDON --lines delivery.json    an array, as in "
         "docs/reference/operations.md\n",
         {kStore},
         {kReference, kParty, kReason, kActor, kAt, kKey, kCorrelation},
         LineForm{.money = "unit_cost"}},
        {"sell",
         "record_sale",
         "Record a sale",
         "  stockctl sell LONDON MUG=1@12.00 --reference 'R 481' --transaction till3-000481\n",
         {kStore},
         {kReference, kTransaction, kParty, kReason, kActor, kAt, kKey, kCorrelation},
         LineForm{.money = "price"}},
        {"return",
         "return_sale",
         "Take back what was sold",
         "  stockctl return LONDON MUG=1 --sale 'R 481' --reason 'wrong colour'\n",
         {kStore},
         {{"sale", "--sale", "Reference of the sale that it comes from"},
          kReference,
          kParty,
          kReason,
          kActor,
          kAt,
          kKey,
          kCorrelation},
         LineForm{.money = "price"}},
        {"adjust",
         "adjust_stock",
         "Change stock by a difference, with a reason",
         "  stockctl adjust LONDON MUG=-1 --reason broken\n"
         "  stockctl adjust LONDON MUG=+2 --reason found\n",
         {kStore},
         {{"reason", "--reason", "Why, in words", true},
          kReference,
          kActor,
          kAt,
          kKey,
          kCorrelation},
         LineForm{.is_difference = true}},
        {"set",
         "set_stock",
         "Set stock to what was counted",
         "  stockctl set LONDON MUG=40 CUP=12:pack\n"
         "  stockctl set LONDON MUG=40#12                    refused unless the stock row has "
         "version 12\n",
         {kStore},
         {kReason, kReference, kActor, kAt, kKey, kCorrelation},
         LineForm{.version = "expected_version"}},
        {"reserve",
         "reserve_stock",
         "Set stock aside for an order: its lines are what it holds from now on",
         "  stockctl reserve 4711 LONDON MUG=2@12.00 --for '15 minutes'\n",
         {kOrder, kStore},
         {{"ttl", "--for", "How long it holds, as an interval of SQL"},
          kReference,
          kParty,
          kReason,
          kActor,
          kAt,
          kKey,
          kCorrelation},
         LineForm{.money = "price"}},
        {"unreserve",
         "unreserve_stock",
         "Give back what an order holds, all of it or some lines",
         "  stockctl unreserve 4711 LONDON\n"
         "  stockctl unreserve 4711 LONDON MUG=1\n",
         {kOrder, kStore},
         {kReason, kReference, kActor, kAt, kKey, kCorrelation},
         LineForm{},
         true},
        {"deduct",
         "deduct_inventory_atomic",
         "Take out what the recipes of products say, all or nothing",
         "  stockctl deduct LONDON CROFFLE=2 --transaction till3-000482\n",
         {kStore},
         {{"transaction_id",
           "--transaction",
           "The till's own id of it: one per store is done",
           true},
          kReference,
          kParty,
          kReason,
          kActor,
          kAt,
          kKey,
          kCorrelation},
         LineForm{.money = "price"}},
        {"compensate",
         "compensate_deduction",
         "Give back what a deduction took, all that is left of it or some lines",
         "  stockctl compensate till3-000482\n"
         "  stockctl compensate till3-000482 1=1 --store LONDON     one unit of its line 1\n",
         {{"transaction_id", "TRANSACTION", "The id that it was deducted under", true}},
         {{"store", "--store", "Its store, where several use the same ids"},
          kReason,
          kReference,
          kActor,
          kAt,
          kKey,
          kCorrelation},
         LineForm{.left = "line", .is_quantity_optional = true},
         true},
    };
    return table;
}

struct OperationOptions {
    std::map<std::string, std::string> values;  ///< by parameter; given ones only
    std::vector<std::string> lines;
    std::string lines_file;
    bool is_dry_run = false;
};

base::Result<std::string> read_lines(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string text;
    if (path == "-" || file) {
        std::array<char, 65536> block{};
        while (in.read(block.data(), block.size()) || in.gcount() > 0) {
            text.append(block.data(), static_cast<std::size_t>(in.gcount()));
            if (text.size() > kMaxLinesBytes) {
                return base::Error{
                    base::ErrorCode::kInvalidArgument,
                    path + " is longer than 64 MiB",
                    {},
                    "An operation takes at most 10000 lines.",
                    {}};
            }
        }
    }
    if (text.empty()) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "no lines can be read from " + path,
            {},
            R"(It holds a JSON array: [{"sku": "MUG", "quantity": 2}].)",
            {}};
    }
    return text;
}

int run(const Globals& globals, const Operation& operation, const OperationOptions& options) {
    OperationCall call{operation.function, {}, options.is_dry_run};
    for (const auto& [name, value] : options.values) {
        call.arguments.emplace_back(name, value);
    }
    if (!options.values.contains(kKey.sql)) {
        call.arguments.emplace_back(kKey.sql, random_key());
    }
    if (!options.lines_file.empty() || !options.lines.empty()) {
        auto lines = options.lines_file.empty() ? lines_json(options.lines, *operation.lines)
                                                : read_lines(options.lines_file);
        if (!lines) {
            return fail(globals, lines.error());
        }
        call.arguments.emplace_back("lines", std::move(*lines));
    } else if (!operation.are_lines_optional) {
        return fail(
            globals,
            {base::ErrorCode::kInvalidArgument,
             "nothing to " + std::string(operation.command),
             {},
             "Name lines, " + line_syntax(*operation.lines) + ", or a file of them with --lines.",
             {}}
        );
    }
    return run_operation(globals, call);
}

void add_argument(
    CLI::App& sub, const Argument& argument, const std::shared_ptr<OperationOptions>& options
) {
    auto* option = sub.add_option_function<std::string>(
        argument.name,
        [options, &argument](const std::string& text) { options->values[argument.sql] = text; },
        argument.help
    );
    option->required(argument.is_required);
    if (argument.name[0] == '-') {
        option->type_name("TEXT");
    }
}

void add_operation(Registration& to, const Operation& operation) {
    auto options = std::make_shared<OperationOptions>();
    auto* sub = add_subcommand(
        to,
        operation.command,
        operation.description,
        operation.examples,
        {"1    refused, with everything that stands in the way; nothing was changed"}
    );
    for (const auto& positional : operation.positionals) {
        add_argument(*sub, positional, options);
    }
    if (operation.lines) {
        auto* lines =
            sub->add_option("LINE", options->lines, line_syntax(*operation.lines))->type_name("");
        sub->add_option(
               "--lines", options->lines_file, "A JSON array of lines instead; - is standard input"
        )
            ->type_name("FILE")
            ->excludes(lines);
    }
    for (const auto& option : operation.options) {
        add_argument(*sub, option, options);
    }
    sub->add_flag("--dry-run", options->is_dry_run, "Show what would happen, and change nothing");
    sub->callback([options, &operation, &globals = to.globals, &selected = to.selected] {
        selected = [options, &operation, &globals] { return run(globals, operation, *options); };
    });
}

}  // namespace

void add_operations(Registration& to) {
    for (const auto& operation : operations()) {
        add_operation(to, operation);
    }
}

}  // namespace stockd::cli
