#include "importer/definitions.hpp"

#include "importer/definition_lines.hpp"
#include "importer/lane.hpp"
#include "importer/rejects.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace stockd::importer {

namespace {

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

Form form_of_recipes() {
    return {
        {Field::kSku, Field::kIngredient, Field::kYields, Field::kActor},
        1,
        "select inventory.set_recipe(l.sku, l.ingredients::jsonb, coalesce(l.yields::bigint, 1), "
        "l.actor) from unnest($1::text[], $2::text[], $3::text[], $4::text[]) "
        "as l (sku, ingredients, yields, actor)",
        "select concat_ws(' ', r.yields, (select jsonb_agg(jsonb_build_array(i.ingredient_name, "
        "i.ingredient_unit, trim_scale(i.quantity)) order by i.place) "
        "from inventory.recipe_ingredients as i where i.product_id = r.product_id)) "
        "from unnest($1::text[]) with ordinality as l (sku, place) "
        "left join inventory.products as p on p.sku = l.sku "
        "left join inventory.recipes as r on r.product_id = p.product_id "
        "order by l.place"};
}

std::vector<std::string> texts_of(const pg::Rows& rows) {
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(rows.size()));
    for (int row = 0; row < rows.size(); ++row) {
        texts.emplace_back(rows.text(row, 0));
    }
    return texts;
}

/// Sets the definitions of a batch and says how many were something new.
class DefinitionApplier : public BatchApplier {
  public:
    DefinitionApplier(const Spec& spec, const DefinitionLines& definitions)
        : is_kept_(!spec.dry_run),
          definitions_(definitions),
          form_(spec.target == Target::kRecipes ? form_of_recipes() : form_of_mappings()) {}

    base::Result<void> prepare(
        pg::Connection& /*connection*/,
        std::span<Line> /*lines*/,
        std::vector<Rejected>& /*rejected*/
    ) override {
        return {};
    }

    base::Result<void> stage(pg::Connection& connection, std::span<const Line* const> lines)
        override {
        staged_.clear();
        for (const auto* line : lines) {
            staged_.push_back(line->number);
        }
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
            const auto lines = definitions_.at(staged_[i]).lines.size();
            (now[i] == before_[i] ? result.already : result.applied) +=
                static_cast<std::int64_t>(lines);
        }
        return result;
    }

    /// A definition stands by itself, also where it names a store that the login may not use.
    [[nodiscard]] bool is_about_data(const base::Error& error) const override {
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
    const DefinitionLines& definitions_;
    Form form_;
    std::vector<std::uint64_t> staged_;
    std::vector<pg::Param> params_;
    std::vector<std::string> before_;
};

base::Result<void> apply(
    DefinitionLines& definitions,
    Lane& lane,
    const Spec& spec,
    const Hooks& hooks,
    Summary& summary,
    const BatchResult& total,
    std::uint64_t size
) {
    std::span<Definition> rest = definitions.all();
    const auto count = rest.size();
    while (!rest.empty()) {
        if (hooks.is_cancelled()) {
            summary.is_cancelled = true;
            return {};
        }
        const auto batch = rest.first(std::min(rest.size(), spec.batch_lines));
        rest = rest.subspan(batch.size());
        for (auto& definition : batch) {
            if (definition.problem.empty()) {
                lane.add(definition.line);
            }
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
    DefinitionLines definitions{spec, summary};
    if (auto read = definitions.read(*reader); !read) {
        return read.error();
    }
    auto connection = pg::Connection::connect(conninfo, "stockctl import");
    if (!connection) {
        return connection.error();
    }
    DefinitionApplier applier{spec, definitions};
    BatchResult total;
    Lane lane{std::move(*connection), applier, total};
    if (auto applied = apply(definitions, lane, spec, hooks, summary, total, reader->size());
        !applied) {
        return applied.error();
    }
    summary.applied += total.applied;
    summary.already += total.already;
    for (const auto& rejected : total.rejected) {
        definitions.refuse(definitions.at(rejected.line), rejected.reason);
    }
    if (auto filed = file_rejects(spec, summary); !filed) {
        return filed.error();
    }
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return summary;
}

}  // namespace stockd::importer
