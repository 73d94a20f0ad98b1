#pragma once

#include "importer/import.hpp"
#include "importer/line_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stockd::importer {

/// One mapping, or one recipe with the lines of all its ingredients.
struct Definition {
    std::uint64_t first = 0;           ///< its first line
    std::vector<std::uint64_t> lines;  ///< those that were not refused by themselves
    /// What is applied, under the number `first`. Of a recipe the ingredient is the JSON of all.
    Line line;
    std::string sku;      ///< of a recipe
    std::string content;  ///< of a mapping, to compare; of a recipe, the ingredients so far
    std::string problem;  ///< why it cannot be applied; empty when it can
};

/// Reads a file of definitions as a whole, before anything of it is applied. One thread.
class DefinitionLines {
  public:
    /// Both must outlive this. What is refused is added to the summary.
    DefinitionLines(const Spec& spec, Summary& summary)
        : spec_(spec),
          summary_(summary) {}

    /// Errors: the file; more lines than are taken; of recipes, a line of which nobody knows whose
    /// it is.
    [[nodiscard]] base::Result<void> read(LineReader& reader);

    /// In the order of their first lines.
    [[nodiscard]] std::vector<Definition>& all() noexcept { return all_; }

    /// REQUIRES: the first line of a definition.
    [[nodiscard]] const Definition& at(std::uint64_t first) const;

    /// Refuses a definition: all its lines.
    void refuse(const Definition& definition, const std::string& reason);

  private:
    Definition& definition_of(std::string key, std::uint64_t number);
    void add_mapping(Line& line);
    void add_ingredient(const Line& line);
    void set_once(Definition& recipe, const Line& line, Field field);
    void lose_ingredient(std::string_view sku);
    [[nodiscard]] base::Result<void> check_whose() const;

    const Spec& spec_;
    Summary& summary_;
    std::vector<Definition> all_;
    std::unordered_map<std::string, std::size_t> places_;  ///< in all_, by what must be unique
    std::vector<Rejected> nobodys_;  ///< lines of recipes that do not say whose they are
};

}  // namespace stockd::importer
