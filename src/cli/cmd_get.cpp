#include "cli/commands.hpp"
#include "cli/daemon.hpp"
#include "cli/database_products.hpp"
#include "cli/output.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>

namespace stockd::cli {

namespace {

namespace json = boost::json;

struct GetOptions {
    std::vector<std::string> skus;
    std::string store;
    bool from_database = false;
    std::string ticket;
    double timeout_s = 1;
};

int print(
    const Globals& globals,
    const std::vector<Product>& known,
    const std::vector<std::string>& unknown
) {
    if (globals.json) {
        json::object products;
        for (const auto& product : known) {
            products[product.sku] = to_json(product);
        }
        json::array missing;
        for (const auto& sku : unknown) {
            missing.emplace_back(sku);
        }
        print_out(
            json::serialize(json::object{{"products", products}, {"unknown", missing}}) + "\n"
        );
    } else {
        for (const auto& product : known) {
            print_out(render(product));
        }
        for (const auto& sku : unknown) {
            print_err("stockctl: Unknown product \"" + printable(sku) + "\"\n");
        }
    }
    if (unknown.empty()) {
        return kExitOk;
    }
    return known.empty() ? kExitFailed : kExitPartial;
}

std::vector<std::string> without_repeats(const std::vector<std::string>& skus) {
    std::vector<std::string> out;
    for (const auto& sku : skus) {
        if (std::find(out.begin(), out.end(), sku) == out.end()) {
            out.push_back(sku);
        }
    }
    return out;
}

int get_from_database(const Globals& globals, const GetOptions& options) {
    auto connection = connect(globals);
    if (!connection) {
        return fail(globals, connection.error());
    }
    const auto products = read_products(*connection, without_repeats(options.skus), options.store);
    if (!products) {
        return fail(globals, products.error());
    }
    return print(globals, products->known, products->unknown);
}

int run_get(const Globals& globals, const GetOptions& options) {
    if (options.from_database) {
        return get_from_database(globals, options);
    }
    auto daemon = Daemon::at(globals.server);
    if (!daemon) {
        return fail(globals, daemon.error());
    }
    const Daemon::Wait wait{options.ticket, static_cast<std::int64_t>(options.timeout_s * 1000)};
    const auto products = daemon->products(without_repeats(options.skus), options.store, wait);
    if (!products) {
        return fail(globals, products.error(), daemon_exit_code(products.error()));
    }
    return print(globals, products->known, products->unknown);
}

}  // namespace

void add_get(Registration& to) {
    auto options = std::make_shared<GetOptions>();
    auto* sub = add_subcommand(
        to,
        "get",
        "Show the stock of products",
        "  stockctl get 85123A 22423             from stockd's memory, all stores\n"
        "  stockctl get 85123A --store LONDON    one store\n"
        "  stockctl get 85123A --db              straight from the database\n"
        "  T=$(psql -XAtc \"begin; update ...; select inventory.ticket(); commit\" | tail -1)\n"
        "  stockctl get 85123A --ticket $T       not before stockd has that transaction\n",
        {"1    no product is known, or failed",
         "3    some products are unknown; the others are shown",
         "10   stockd cannot be reached"}
    );
    sub->add_option("SKU", options->skus, "Product codes")->required();
    sub->add_option("--store", options->store, "Only this store")->type_name("CODE");
    auto* database =
        sub->add_flag("--db", options->from_database, "Ask the database instead of stockd");
    auto* ticket =
        sub->add_option(
               "--ticket", options->ticket, "Wait until this transaction is in stockd's copy"
        )
            ->type_name("TICKET");
    ticket->excludes(database);
    sub->add_option("--timeout", options->timeout_s, "Seconds to wait for the ticket")
        ->check(CLI::Range(0.0, 30.0))
        ->capture_default_str()
        ->needs(ticket);
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_get(globals, *options); };
    });
}

}  // namespace stockd::cli
