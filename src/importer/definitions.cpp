#include "importer/definitions.hpp"

#include "importer/lane.hpp"
#include "importer/line_reader.hpp"
#include "importer/rejects.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace stockd::importer {

namespace {

/// Chosen: the whole file is in memory before anything is applied; a line takes half a kilobyte.
constexpr std::uint64_t kMaxLines = 1'000'000;

/// How definitions are set and looked at.
struct Form {
    std::vector<Field> fields;  ///< parameters of `set`, each an array; the key first
    std::size_t key_size;       ///< how many of them are parameters of `now`
    const char* set;
    const char* now;  ///< a row per definition, in their order: what the database has of it
};

Form form_of_mappings() {
    return {
        {Field::kStore,
         Field::kIngredient,
         Field::kUnit,
         Field::kSku,
         Field::kNumerator,
         Field::kDenominator,
         Field::kStockUnit,
         Field::kActor},
        3,
        "select inventory.set_conversion_mapping(l.store, l.ingredient, l.unit, l.sku, "
        "l.numerator::bigint, coalesce(l.denominator::bigint, 1), l.stock_unit, l.actor) "
        "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
        "$7::text[], $8::text[]) "
        "as l (store, ingredient, unit, sku, numerator, denominator, stock_unit, actor)",
        "select concat_ws(' ', m.product_id, m.numerator, m.denominator) "
        "from unnest($1::text[], $2::text[], $3::text[]) with ordinality "
        "as l (store, ingredient, unit, place) "
        "left join inventory.stores as t on t.code = l.store "
        "left join inventory.conversion_mappings as m on m.store_id = t.store_id "
        "and m.recipe_ingredient_name = l.ingredient and m.recipe_ingredient_unit = l.unit "
        "order by l.place"};
}

std::vector<std::string> texts_of(const pg::Rows& rows) {
    std::vector<std::string> texts;
    for (int row = 0; row < rows.size(); ++row) {
        texts.emplace_back(rows.text(row, 0));
    }
    return texts;
}

/// Sets the definitions of a batch and says how many were something new.
class DefinitionApplier : public BatchApplier {
  public:
    DefinitionApplier(const Spec& spec, Form form)
        : is_kept_(!spec.dry_run),
          form_(std::move(form)) {}

    base::Result<void> prepare(
        pg::Connection& /*connection*/,
        std::span<Line> /*lines*/,
        std::vector<Rejected>& /*rejected*/
    ) override {
        return {};
    }

    base::Result<void> stage(pg::Connection& connection, std::span<const Line* const> lines)
        override {
        params_.clear();
        for (const auto field : form_.fields) {
            std::vector<std::optional<std::string_view>> texts;
            for (const auto* line : lines) {
                const auto text = line->text(field);
                texts.push_back(text.empty() ? std::nullopt : std::optional(text));
            }
            params_.emplace_back(text_array(texts));
        }
        auto set = set_all(connection);
        if (!set) {
            (void)connection.exec("rollback");
        }
        return set;
    }

    base::Result<void> send(pg::Connection& connection) override {
        return send_with_commit(connection, form_.now, key(), is_kept_);
    }

    base::Result<BatchResult> finish(pg::Connection& connection) override {
        const auto rows = finish_with_commit(connection);
        if (!rows) {
            return rows.error();
        }
        BatchResult result;
        const auto now = texts_of(*rows);
        for (std::size_t i = 0; i < std::min(now.size(), before_.size()); ++i) {
            ++(now[i] == before_[i] ? result.already : result.applied);
        }
        return result;
    }

    /// A definition stands by itself, also where it names a store that the login may not use.
    bool is_about_data(const base::Error& error) const override {
        return BatchApplier::is_about_data(error) || error.sqlstate == "SD045";
    }

  private:
    [[nodiscard]] std::vector<pg::Param> key() const {
        return {params_.begin(), params_.begin() + static_cast<std::ptrdiff_t>(form_.key_size)};
    }

    base::Result<void> set_all(pg::Connection& connection) {
        if (auto begun = connection.exec("begin isolation level read committed"); !begun) {
            return begun.error();
        }
        const auto before = connection.exec(form_.now, key());
        if (!before) {
            return before.error();
        }
        before_ = texts_of(*before);
        const auto set = connection.exec(form_.set, params_);
        return set ? base::Result<void>{} : set.error();
    }

    bool is_kept_;
    Form form_;
    std::vector<pg::Param> params_;
    std::vector<std::string> before_;
};

/// What a file defines. A definition travels as one line, under the number of its first.
class Definitions {
  public:
    Definitions(const Spec& spec, Summary& summary)
        : spec_(spec),
          summary_(summary) {}

    /// The whole file.
    base::Result<void> read(LineReader& reader) {
        Line line;
        while (true) {
            const auto step = reader.next(line, summary_);
            if (!step) {
                return step.error();
            }
            if (*step == LineReader::Step::kEnd) {
                return {};
            }
            if (summary_.lines > kMaxLines) {
                return base::Error{
                    base::ErrorCode::kInvalidArgument,
                    spec_.file + " has more than " + std::to_string(kMaxLines) + " lines",
                    {},
                    "Nothing was applied. Split the file.",
                    {}};
            }
            if (*step == LineReader::Step::kLine) {
                add_mapping(line);
            }
        }
    }

    [[nodiscard]] std::span<Line> all() noexcept { return all_; }

  private:
    struct First {
        std::uint64_t number;
        std::size_t place;
        std::string content;
    };

    /// Of two lines that contradict each other none is known to be right, and the file's order is
    /// no reason.
    void add_mapping(Line& line) {
        std::string key;
        for (const auto field : {Field::kStore, Field::kIngredient, Field::kUnit}) {
            key.append(line.text(field)).push_back('\0');
        }
        std::string content;
        for (const auto field :
             {Field::kSku, Field::kNumerator, Field::kDenominator, Field::kStockUnit}) {
            content.append(line.text(field)).push_back('\0');
        }
        const auto [known, is_new] =
            first_.try_emplace(std::move(key), First{line.number, all_.size(), content});
        const auto& first = known->second;
        if (is_new) {
            all_.push_back(std::exchange(line, {}));
        } else if (first.content == content) {
            ++summary_.already;
        } else {
            refuse(line.number, first.number);
            if (std::exchange(all_[first.place].number, 0) != 0) {
                refuse(first.number, line.number);
            }
        }
    }

    void refuse(std::uint64_t number, std::uint64_t other) {
        summary_.rejected.push_back(
            {number,
             "line " + std::to_string(other) +
                 " says something else of the same store, ingredient and unit"}
        );
    }

    const Spec& spec_;
    Summary& summary_;
    std::vector<Line> all_;
    std::unordered_map<std::string, First> first_;
};

base::Result<void> apply(
    Definitions& definitions,
    Lane& lane,
    const Spec& spec,
    const Hooks& hooks,
    Summary& summary,
    const BatchResult& total,
    std::uint64_t size
) {
    auto rest = definitions.all();
    const auto count = rest.size();
    while (!rest.empty()) {
        if (hooks.is_cancelled()) {
            summary.is_cancelled = true;
            return {};
        }
        const auto batch = rest.first(std::min(rest.size(), spec.batch_lines));
        rest = rest.subspan(batch.size());
        for (auto& line : batch) {
            lane.add(line);
        }
        if (auto staged = lane.stage(false); !staged) {
            return staged;
        }
        if (auto sent = lane.send(); !sent) {
            return sent;
        }
        if (auto finished = lane.finish(); !finished) {
            return finished;
        }
        const auto share = static_cast<double>(count - rest.size()) / static_cast<double>(count);
        hooks.on_progress(
            {spec.file,
             static_cast<std::uint64_t>(share * static_cast<double>(size)),
             size,
             summary.lines,
             total.applied,
             summary.rejected.size() + total.rejected.size()}
        );
    }
    return {};
}

}  // namespace

base::Result<Summary> run_definitions(
    const std::string& conninfo, const Spec& spec, const Hooks& hooks
) {
    const auto started = std::chrono::steady_clock::now();
    Summary summary;
    summary.target = spec.target;
    summary.file = spec.file;
    summary.is_dry_run = spec.dry_run;
    auto reader = LineReader::open(spec);
    if (!reader) {
        return reader.error();
    }
    Definitions definitions{spec, summary};
    if (auto read = definitions.read(*reader); !read) {
        return read.error();
    }
    auto connection = pg::Connection::connect(conninfo, "stockctl import");
    if (!connection) {
        return connection.error();
    }
    DefinitionApplier applier{spec, form_of_mappings()};
    BatchResult total;
    Lane lane{std::move(*connection), applier, total};
    if (auto applied = apply(definitions, lane, spec, hooks, summary, total, reader->size());
        !applied) {
        return applied.error();
    }
    summary.applied += total.applied;
    summary.already += total.already;
    std::move(total.rejected.begin(), total.rejected.end(), std::back_inserter(summary.rejected));
    if (auto filed = file_rejects(spec, summary); !filed) {
        return filed.error();
    }
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return summary;
}

}  // namespace stockd::importer
