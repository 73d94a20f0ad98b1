#include "config/load.hpp"

#include "config/settings.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

using namespace stockd::config;
using namespace stockd;
using Catch::Matchers::Contains;

namespace {

class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& content) {
        std::string name = "/tmp/stockd-config-XXXXXX";
        close(mkstemp(name.data()));
        path_ = name;
        std::ofstream{path_} << content;
    }

    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    TemporaryFile(TemporaryFile&&) = delete;
    TemporaryFile& operator=(TemporaryFile&&) = delete;

    ~TemporaryFile() { std::filesystem::remove(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

Sources sources(
    std::vector<std::string> arguments, const std::map<std::string, std::string>& variables = {}
) {
    Sources made;
    made.arguments = std::move(arguments);
    for (const auto& [name, value] : variables) {
        made.variables.push_back(name);
    }
    made.environment = [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    made.default_file = "/nonexistent/stockd.toml";
    return made;
}

std::string failure(const Sources& from) {
    const auto loaded = load(from);
    REQUIRE_FALSE(loaded.has_value());
    return base::describe(loaded.error());
}

}  // namespace

TEST_CASE(
    "config: a flag wins over a variable, a variable over the file, the file over the default",
    "[config]"
) {
    const TemporaryFile file{"listen = \"f:1\"\nadmin_listen = \"f:2\"\nttl = \"1h\"\n"};
    auto from =
        sources({"--listen", "c:1"}, {{"STOCKD_LISTEN", "e:1"}, {"STOCKD_ADMIN_LISTEN", "e:2"}});
    from.default_file = file.path();
    const auto loaded = load(from);
    REQUIRE(loaded.has_value());
    CHECK(loaded->options.listen == "c:1");
    CHECK(loaded->options.admin_listen == "e:2");
    CHECK(loaded->options.ttl == std::chrono::hours(1));
    CHECK(loaded->options.backstop == Options{}.backstop);
}

TEST_CASE("config: the default file may be absent, a named one may not", "[config]") {
    CHECK(load(sources({})).has_value());
    CHECK_THAT(
        failure(sources({"--config", "/nonexistent/x.toml"})), Contains("/nonexistent/x.toml")
    );
    CHECK_THAT(
        failure(sources({}, {{"STOCKD_CONFIG", "/nonexistent/y.toml"}})),
        Contains("/nonexistent/y.toml")
    );
    CHECK_THAT(failure(sources({"--config", "/tmp"})), Contains("directory"));
    CHECK_THAT(failure(sources({"--config", "/dev/zero"})), Contains("larger than"));
}

TEST_CASE("config: a file that cannot be looked at is an error, with the reason", "[config]") {
    // A link to itself, because no right is missing to root.
    const TemporaryFile file{""};
    const auto link = file.path() + ".link";
    std::filesystem::create_symlink(link, link);
    auto from = sources({});
    from.default_file = link;
    const auto said = failure(from);
    std::filesystem::remove(link);
    CHECK_THAT(said, Contains(link) && Contains("symbolic links"));
    CHECK_THAT(failure(sources({"--config", "/nonexistent.toml"})), Contains("No such file"));
}

TEST_CASE("config: an unknown key is an error with file, line, and what was meant", "[config]") {
    const TemporaryFile file{"# one\nlisten = \"h:1\"\nlog_levle = \"info\"\n"};
    CHECK_THAT(
        failure(sources({"--config", file.path()})),
        Contains(file.path() + ": line 3: there is no setting \"log_levle\"") &&
            Contains("log_level?")
    );
    CHECK_THAT(
        failure(sources({"--listne", "h:1"})), Contains("--listne") && Contains("mean --listen?")
    );
    CHECK_THAT(failure(sources({"--audit-pcae=1"})), Contains("Did you mean --audit-pace?"));
    CHECK_THAT(failure(sources({"--frobnicate"})), Contains("--help"));
    CHECK_THAT(failure(sources({"stray"})), Contains("stray"));
}

TEST_CASE("config: a bad value names where it stands and what is wanted", "[config]") {
    const TemporaryFile file{"ttl = \"5\"\n"};
    CHECK_THAT(
        failure(sources({"--config", file.path()})),
        Contains("line 1: ttl: \"5\" is not a duration")
    );
    CHECK_THAT(
        failure(sources({}, {{"STOCKD_LISTEN", "x"}})),
        Contains("STOCKD_LISTEN: \"x\" is not an address")
    );
    CHECK_THAT(
        failure(sources({"--wait-max", "31s"})),
        Contains("--wait-max: \"31s\" is not between 0ms and 30s")
    );
    CHECK_THAT(failure(sources({"--web-threads", "-1"})), Contains("--web-threads"));
    CHECK_THAT(
        failure(sources({"--log-level", "loud"})), Contains("trace|debug|info|warn|error|off")
    );
    CHECK_THAT(failure(sources({"--listen"})), Contains("--listen"));
}

TEST_CASE(
    "config: a variable that is nearly a setting's is warned about, an empty one is none",
    "[config]"
) {
    const auto loaded =
        load(sources({}, {{"STOCKD_LISTEM", "h:1"}, {"STOCKD_TTL", ""}, {"STOCKD_TEST_DATA", "x"}})
        );
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->warnings.size() == 1);
    CHECK_THAT(loaded->warnings[0], Contains("STOCKD_LISTEM") && Contains("STOCKD_LISTEN?"));
    CHECK(loaded->options.ttl == Options{}.ttl);
}

TEST_CASE("config: printed settings mask secrets and read back as the same", "[config]") {
    const auto shown = load(
        sources({"--database-url", "postgres://me:s3cret@db/x", "--ttl", "90min", "--print-config"})
    );
    REQUIRE(shown.has_value());
    CHECK_THAT(
        shown->print_instead.value_or(""), Contains("postgres://me:***@db/x") && !Contains("s3cret")
    );
    const TemporaryFile file{shown->print_instead.value_or("")};
    const auto again = load(sources({"--config", file.path()}));
    REQUIRE(again.has_value());
    CHECK(again->options.ttl == std::chrono::minutes(90));
    CHECK(again->options.database_url == "postgres://me:***@db/x");
    auto expected = shown->options;
    expected.database_url = again->options.database_url;
    CHECK(again->options == expected);
}

TEST_CASE(
    "config: the database's URL can come from a file, and the stronger source counts", "[config]"
) {
    const TemporaryFile secret{"postgres://u:p@h/d\nsecond line\n"};
    const auto variable = sources({}, {{"STOCKD_DATABASE_URL_FILE", secret.path()}});
    CHECK(load(variable)->options.database_url == "postgres://u:p@h/d");
    auto flag = variable;
    flag.arguments = {"--database-url", "postgres://other/x"};
    CHECK(load(flag)->options.database_url == "postgres://other/x");
    CHECK_FALSE(load(sources({"--database-url-file", "/nonexistent"})).has_value());
    // Not psql's defaults: they would name another database.
    for (const auto* empty : {"", "\n", " \t\npostgres://second/line\n"}) {
        const TemporaryFile nothing{empty};
        CHECK_THAT(
            failure(sources({"--database-url-file", nothing.path()})),
            Contains(nothing.path()) && Contains("first line")
        );
    }
}

TEST_CASE("config: one source cannot name two databases", "[config]") {
    const TemporaryFile secret{"postgres://u:p@h/d\n"};
    CHECK_THAT(
        failure(sources({"--embedded", "/x", "--database-url", "postgres://h/d"})),
        Contains("--embedded") && Contains("--database-url")
    );
    CHECK_THAT(
        failure(sources({"--embedded", "/x", "--database-url-file", secret.path()})),
        Contains("--embedded") && Contains("--database-url-file")
    );
    const TemporaryFile file{"database_url = \"postgres://h/d\"\nembedded = \"/x\"\n"};
    CHECK_THAT(
        failure(sources({"--config", file.path()})),
        Contains("line 1: database_url") && Contains("line 2: embedded")
    );
}

TEST_CASE("config: of a private cluster and another database the stronger counts", "[config]") {
    const TemporaryFile secret{"postgres://u:p@h/d\n"};
    for (const auto& line :
         {std::string("database_url = \"postgres://h/d\"\n"),
          "database_url_file = \"" + secret.path() + "\"\n"}) {
        const TemporaryFile file{line};
        const auto loaded =
            load(sources({"--config", file.path(), "--embedded", "/x", "--sample", "/y"}));
        REQUIRE(loaded.has_value());
        CHECK(loaded->options.embedded == "/x");
        CHECK(loaded->options.database_url.empty());
        CHECK(loaded->options.database_url_file.empty());
    }
    const TemporaryFile file{"embedded = \"/x\"\nsample = \"/y\"\n"};
    auto from = sources({}, {{"STOCKD_DATABASE_URL", "postgres://h/d"}});
    from.default_file = file.path();
    const auto loaded = load(from);
    REQUIRE(loaded.has_value());
    CHECK(loaded->options.embedded.empty());
    CHECK(loaded->options.sample.empty());
    CHECK(loaded->options.database_url == "postgres://h/d");
    // An empty one takes away, too: back to psql's variables.
    from.arguments = {"--database-url", ""};
    CHECK(load(from)->options.database_url.empty());
}

TEST_CASE("config: an empty flag names no file and no directory", "[config]") {
    for (const auto* name : {"embedded", "sample", "database-url-file", "config"}) {
        const auto flag = std::string("--") + name;
        CHECK_THAT(failure(sources({flag, ""})), Contains(flag + " is given without a name"));
        CHECK_THAT(failure(sources({flag + "="})), Contains(flag));
    }
    // A settings file that shows every setting has empty ones.
    const TemporaryFile file{"embedded = \"\"\nsample = \"\"\ndatabase_url_file = \"\"\n"};
    CHECK(load(sources({"--config", file.path()})).has_value());
}

TEST_CASE("config: the two addresses are two", "[config]") {
    CHECK_THAT(
        failure(sources({"--listen", "h:9", "--admin-listen", "h:9"})),
        Contains("listen and admin_listen are both h:9")
    );
    CHECK_THAT(failure(sources({"--listen", Options{}.admin_listen})), Contains("are both"));
    // The system chooses two.
    CHECK(load(sources({"--listen", "h:0", "--admin-listen", "h:0"})).has_value());
    CHECK(load(sources({"--listen", "h:9", "--admin-listen", "i:9"})).has_value());
}

TEST_CASE("config: a sample needs a private cluster", "[config]") {
    CHECK_FALSE(load(sources({"--sample", "/x"})).has_value());
    CHECK_FALSE(load(sources({"--sample", "/x", "--database-url", "postgres://h/d"})).has_value());
    CHECK(load(sources({"--embedded", "/x", "--sample", "/y"})).has_value());
}

TEST_CASE("config: help names every setting and the exit codes", "[config]") {
    const auto help = load(sources({"--help"}))->print_instead.value_or("");
    for (const auto& setting : settings()) {
        CHECK_THAT(help, Contains("--" + setting.name + " "));
    }
    CHECK_THAT(help, Contains("EXIT STATUS") && Contains("--embedded ./var"));
    CHECK_THAT(load(sources({"--version"}))->print_instead.value_or(""), Contains("stockd "));
}

TEST_CASE("config: rereading takes live settings and names those that need a restart", "[config]") {
    Options running;
    Options reread;
    reread.log_level = "debug";
    reread.audit_pace = 5;
    reread.listen = "h:9";
    std::vector<std::string> ignored;
    const auto taken = take_live(running, reread, ignored);
    CHECK(taken.log_level == "debug");
    CHECK(taken.audit_pace == 5);
    CHECK(taken.listen == running.listen);
    CHECK(ignored == std::vector<std::string>{"listen"});
}

TEST_CASE("config: every setting has its own key and a default that it accepts", "[config]") {
    std::set<std::string> keys;
    for (const auto& setting : settings()) {
        CHECK(keys.insert(setting.key()).second);
        Options options;
        if (const auto value = setting.get(options); !value.empty()) {
            INFO(setting.name);
            CHECK(setting.set(options, value).has_value());
        }
        CHECK(options == Options{});
    }
}

TEST_CASE("config: the packaged file shows every setting with its default", "[config]") {
    std::ifstream file{STOCKD_PACKAGED_CONFIG};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    for (const auto& setting : settings()) {
        if (setting.name == "embedded" || setting.name == "sample") {
            continue;  // for trying things out, not for a service
        }
        INFO(setting.key());
        const auto value = setting.get(Options{});
        CHECK_THAT(text, Contains("\n#" + setting.key() + " = \"" + value));
    }
}
