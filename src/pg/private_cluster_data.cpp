#include "pg/private_cluster_data.hpp"

#include "pg/private_cluster_place.hpp"
#include "pg/private_cluster_process.hpp"

#include <unistd.h>

#include <csignal>

namespace stockd::pg {

namespace fs = std::filesystem;

namespace {

base::Result<void> run_initdb(
    const fs::path& bin, const fs::path& data, const OsUser& user, int log, bool durable
) {
    Spawn initdb{
        bin / "initdb",
        {"--pgdata=" + data.string(),
         "--username=" + kPrivateSuperuser,
         "--auth-local=trust",
         "--auth-host=reject",
         "--encoding=UTF8",
         "--locale=C.UTF-8"},
        log,
        {},
        SIGKILL};
    if (geteuid() == 0) {
        initdb.user = user;
    }
    initdb.arguments.emplace_back(durable ? "--data-checksums" : "--no-sync");
    const auto child = spawn(initdb);
    if (!child) {
        return child.error();
    }
    if (const int code = wait_for(*child); code != 0) {
        return base::Error{
            base::ErrorCode::kUnavailable,
            "initdb failed with exit code " + std::to_string(code) + ".",
            {},
            {},
            {}};
    }
    return {};
}

}  // namespace

base::Result<bool> make_data(const Home& home, const fs::path& bin, const ClusterOptions& options) {
    std::error_code error;
    if (fs::exists(home.data / "PG_VERSION", error)) {
        return false;
    }
    // Aside, then renamed: whoever is killed in the middle leaves nothing that looks like a
    // cluster.
    const auto aside = home.directory / "data.new";
    fs::remove_all(aside, error);
    if (!options.template_data.empty()) {
        fs::copy(
            options.template_data,
            aside,
            fs::copy_options::recursive | fs::copy_options::copy_symlinks,
            error
        );
        if (error) {
            return io_error(
                "cannot copy " + options.template_data.string() + ": " + error.message()
            );
        }
        if (const auto given = give_to(aside, home.user); geteuid() == 0 && !given) {
            return given.error();
        }
    } else {
        tell(options.say, "Making a private PostgreSQL cluster in " + home.data.string() + " ...");
        const auto from = fs::file_size(home.log_path, error);
        if (const auto made = make_owned(aside, home.user); !made) {
            return made.error();
        }
        if (auto made = run_initdb(bin, aside, home.user, home.log.get(), options.durable); !made) {
            auto failure = made.error();
            failure.detail = end_of_log(home, from);
            return failure;
        }
    }
    fs::rename(aside, home.data, error);
    if (error) {
        return io_error(
            "cannot rename " + aside.string() + " to " + home.data.string() + ": " + error.message()
        );
    }
    return true;
}

base::Result<void> make_data_directory(const fs::path& data, bool durable) {
    const auto bin = find_postgres_binaries();
    if (!bin) {
        return bin.error();
    }
    const auto user = choose_user(data, {});
    if (!user) {
        return user.error();
    }
    if (const auto made = make_owned(data, *user); !made) {
        return made.error();
    }
    return run_initdb(*bin, data, *user, STDERR_FILENO, durable);
}

}  // namespace stockd::pg
