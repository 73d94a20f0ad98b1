#include "migrate/embedded.hpp"

#include "base/assert.hpp"

#include <cstdio>

namespace stockd::migrate {

const SchemaFiles& embedded_schema() {
    static const SchemaFiles schema = [] {
        std::vector<SourceFile> sources;
        for (const auto& file : embedded_files()) {
            sources.push_back(
                {std::string(file.path), std::string(file.checksum), std::string(file.body)}
            );
        }
        auto parsed = parse_schema(sources, STOCKD_VERSION);
        if (!parsed) {
            std::fprintf(stderr, "%s\n", base::describe(parsed.error()).c_str());
        }
        STOCKD_ASSERT(parsed.has_value(), "a file of db/ breaks the rules of db/README.md");
        return std::move(*parsed);
    }();
    return schema;
}

}  // namespace stockd::migrate
