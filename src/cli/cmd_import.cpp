#include "cli/commands.hpp"
#include "cli/import_report.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "importer/import.hpp"
#include "importer/sample.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stockd::cli {

namespace {

/// As they stand on the command line, for one target.
struct ImportOptions {
    importer::Spec spec;
    std::vector<std::string> map;
    std::vector<std::string> set;
    std::vector<std::string> rules;
    std::string letter_case = "keep";
    std::string encoding = "utf-8";
    std::string delimiter = ",";
    std::string id;
    std::string kind;
    std::string folder;
};

base::Result<void> complete(ImportOptions& options) {
    auto& spec = options.spec;
    for (const auto& [texts, into] :
         {std::pair{&options.map, &spec.columns}, std::pair{&options.set, &spec.constants}}) {
        for (const auto& text : *texts) {
            auto pair = importer::parse_assignment(spec.target, text);
            if (!pair) {
                return pair.error();
            }
            into->insert_or_assign(pair->first, std::move(pair->second));
        }
    }
    if (!options.id.empty()) {
        spec.columns[importer::Field::kId] = options.id;
    }
    if (!options.kind.empty()) {
        spec.constants[importer::Field::kKind] = options.kind;
    }
    for (const auto& text : options.rules) {
        auto rule = importer::parse_rule(text);
        if (!rule) {
            return rule.error();
        }
        spec.rules.push_back(std::move(*rule));
    }
    spec.fold_sku = options.letter_case == "fold-upper";
    const auto encoding = csv::parse_encoding(options.encoding);
    if (!encoding) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "\"" + options.encoding + "\" is no encoding that can be read",
            {},
            "Use utf-8, latin1 or windows-1252.",
            {}};
    }
    spec.csv.encoding = *encoding;
    const std::string delimiter = options.delimiter == "tab" ? "\t" : options.delimiter;
    if (delimiter.size() != 1 || delimiter == "\"" || delimiter == "\n" || delimiter == "\r") {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            "the delimiter must be one character, or tab",
            {},
            {},
            {}};
    }
    spec.csv.delimiter = delimiter.front();
    return {};
}

importer::Hooks hooks_for(const Globals& globals, ProgressLine& line) {
    importer::Hooks hooks;
    if (!globals.quiet) {
        hooks.on_progress = [&line](const importer::Progress& progress) { line.show(progress); };
    }
    hooks.is_cancelled = [] { return is_interrupted(); };
    return hooks;
}

int exit_of(const std::vector<importer::Summary>& summaries) {
    int code = kExitOk;
    for (const auto& summary : summaries) {
        if (summary.is_cancelled) {
            return kExitInterrupted;
        }
        if (!summary.rejected.empty()) {
            code = kExitPartial;
        }
    }
    return code;
}

int run_import(const Globals& globals, ImportOptions& options) {
    if (auto completed = complete(options); !completed) {
        return fail(globals, completed.error());
    }
    const auto database = conninfo(globals);
    if (!database) {
        return fail(globals, database.error());
    }
    catch_interrupts();
    ProgressLine line;
    auto summary = importer::run(*database, options.spec, hooks_for(globals, line));
    line.end();
    if (!summary) {
        return fail(globals, summary.error());
    }
    std::vector<importer::Summary> all;
    all.push_back(std::move(*summary));
    print_summary(globals, all.front());
    return exit_of(all);
}

int run_sample(const Globals& globals, const ImportOptions& options) {
    const auto database = conninfo(globals);
    if (!database) {
        return fail(globals, database.error());
    }
    catch_interrupts();
    ProgressLine line;
    const auto summaries =
        importer::import_sample(*database, options.folder, hooks_for(globals, line));
    line.end();
    if (!summaries) {
        return fail(globals, summaries.error());
    }
    for (const auto& summary : *summaries) {
        print_summary(globals, summary);
    }
    return exit_of(*summaries);
}

const char* description_of(importer::Target target) {
    switch (target) {
        case importer::Target::kProducts:
            return "Add and change products";
        case importer::Target::kStores:
            return "Add and change stores";
        case importer::Target::kStock:
            return "Set stock to counted quantities";
        case importer::Target::kMappings:
            return "Say what stores take from their stock for ingredients";
        case importer::Target::kRecipes:
            return "Say what products are made of, a line per ingredient";
        case importer::Target::kLots:
            return "Receive lots: purchases with cost, lot and expiry";
        case importer::Target::kMovements:
            break;
    }
    return "Record sales, purchases, returns, adjustments";
}

void add_line_options(CLI::App& sub, ImportOptions& options) {
    const bool is_movements = options.spec.target == importer::Target::kMovements;
    if (is_movements) {
        sub.add_option("--kind", options.kind, "Kind of every line, the same as --set kind=KIND")
            ->type_name("KIND");
    }
    sub.add_option(
           "--id",
           options.id,
           "Column with an id of its own for every line: a line of that id is applied once, "
           "from whatever file"
    )
        ->type_name("COLUMN");
    sub.add_option(
           "--source",
           options.spec.source,
           "Whose ids they are (default: the name of the id column)"
    )
        ->type_name("NAME");
    sub.add_option("--time-zone", options.spec.time_zone, "Zone of times without one")
        ->type_name("ZONE")
        ->capture_default_str();
}

void add_target(Registration& to, CLI::App& parent, importer::Target target) {
    auto options = std::make_shared<ImportOptions>();
    options->spec.target = target;
    auto* sub =
        parent.add_subcommand(std::string(importer::target_name(target)), description_of(target));
    sub->fallthrough();
    sub->add_option("file", options->spec.file, "CSV file with a heading, plain or gzip")
        ->required()
        ->type_name("FILE.csv[.gz]");
    sub->add_option(
           "--map",
           options->map,
           "Which column a field comes from: sku=StockCode. A field that is not named comes "
           "from the column of its own name"
    )
        ->delimiter(',')
        ->type_name("FIELD=COLUMN,...");
    sub->add_option("--set", options->set, "Value of a field where its column is blank or absent")
        ->type_name("FIELD=VALUE")
        ->allow_extra_args(false);
    sub->add_option(
           "--rule",
           options->rules,
           "'COLUMN=PATTERN|PATTERN & COLUMN<NUMBER -> FIELD=VALUE' or '... -> skip=CLASS'; "
           "the first rule that holds decides"
    )
        ->type_name("RULE")
        ->allow_extra_args(false);
    sub->add_option(
           "--case", options->letter_case, "Letters of skus: keep, or fold-upper (85123a is 85123A)"
    )
        ->check(CLI::IsMember({"keep", "fold-upper"}))
        ->type_name("POLICY")
        ->capture_default_str();
    if (target == importer::Target::kLots) {
        // Each stock row of a batch is locked until it is applied, which is done line by line.
        options->spec.batch_lines = 2'000;
    }
    if (importer::is_definition(target)) {
        // Each is a call of a function, and a batch with a line that is refused is tried in parts.
        options->spec.batch_lines = 500;
    } else {
        sub->add_flag(
            "--create-missing",
            options->spec.create_missing,
            "Make products, stores, vendors and categories that are named"
        );
    }
    if (target == importer::Target::kStock || target == importer::Target::kMovements ||
        target == importer::Target::kLots) {
        add_line_options(*sub, *options);
    }
    sub->add_option("--encoding", options->encoding, "utf-8, latin1 or windows-1252")
        ->type_name("NAME")
        ->capture_default_str();
    sub->add_option("--delimiter", options->delimiter, "One character, or tab")
        ->type_name("CHAR")
        ->capture_default_str();
    sub->add_option(
           "--rejects",
           options->spec.rejects_file,
           "Where refused lines go (default: FILE.rejects.csv)"
    )
        ->type_name("FILE");
    sub->add_option("--batch-lines", options->spec.batch_lines, "Lines of one transaction")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}))
        ->type_name("N")
        ->capture_default_str();
    sub->add_flag(
        "--dry-run,-n",
        options->spec.dry_run,
        "Read and check the file and look its codes up, change nothing"
    );
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_import(globals, *options); };
    });
}

void add_sample(Registration& to, CLI::App& parent) {
    auto options = std::make_shared<ImportOptions>();
    auto* sub = parent.add_subcommand("sample", "Import what a folder's manifest.json lists");
    sub->fallthrough();
    sub->add_option("folder", options->folder, "Folder with manifest.json, for example data")
        ->required()
        ->type_name("DIR");
    sub->callback([options, &globals = to.globals, &selected = to.selected] {
        selected = [options, &globals] { return run_sample(globals, *options); };
    });
}

}  // namespace

void add_import(Registration& to) {
    auto* sub = add_subcommand(
        to,
        "import",
        "Bring CSV files into the database",
        "  stockctl import products items.csv --map sku=Code,name=Title\n"
        "  stockctl import movements sales.csv.gz --kind sale --map "
        "store=Shop,sku=Code,quantity=Units --id Sale_ID\n"
        "  stockctl import stock counts.csv --dry-run\n"
        "  stockctl import mappings mappings.csv --set store=LONDON\n"
        "  stockctl import lots deliveries.csv --map reference=Note,lot=Batch --id Line_ID\n"
        "  stockctl import recipes dishes.csv --map sku=Dish,ingredient=Item\n"
        "  stockctl import sample data\n"
        "\n"
        "The same file again changes nothing, whatever its name, and a file whose import was cut "
        "short goes on where it\n"
        "stopped. Lines that are refused go to FILE.rejects.csv with the reason; mended, they can "
        "be imported from there.\n",
        {"1    failed; what was applied until then stays, and the same command goes on from there",
         "3    some lines were refused, the rest was imported",
         "12   the database's schema is too old for this program",
         "130  interrupted; the same command goes on from there"}
    );
    sub->require_subcommand(1);
    for (const auto target :
         {importer::Target::kProducts,
          importer::Target::kStores,
          importer::Target::kStock,
          importer::Target::kMovements,
          importer::Target::kMappings,
          importer::Target::kRecipes,
          importer::Target::kLots}) {
        add_target(to, *sub, target);
    }
    add_sample(to, *sub);
}

}  // namespace stockd::cli
