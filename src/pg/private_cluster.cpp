#include "pg/private_cluster.hpp"

#include "pg/connection.hpp"
#include "pg/private_cluster_data.hpp"
#include "pg/private_cluster_home.hpp"
#include "pg/private_cluster_place.hpp"
#include "pg/private_cluster_server.hpp"

namespace stockd::pg {

namespace fs = std::filesystem;

struct PrivateCluster::Impl {
    ClusterOptions options;
    Home home;
    fs::path bin;
    PrivateServer server;
    bool is_new = false;

    base::Result<void> start();
    [[nodiscard]] base::Result<void> make_database() const;

    void stop() { server.stop(home, options); }
};

base::Result<void> PrivateCluster::Impl::start() {
    auto opened = open_home(options.directory, options.say);
    if (!opened) {
        return opened.error();
    }
    home = std::move(*opened);
    const auto found = find_postgres_binaries(leading_number(text_of(home.data / "PG_VERSION")));
    if (!found) {
        return found.error();
    }
    bin = *found;
    if (const auto done = choose_sockets(home, options.say); !done) {
        return done.error();
    }
    const auto made = make_data(home, bin, options);
    if (!made) {
        return made.error();
    }
    is_new = *made;
    if (const auto done = leave_no_old_server(home, options); !done) {
        return done.error();
    }
    if (const auto done = server.launch(home, bin, options); !done) {
        return done.error();
    }
    return make_database();
}

base::Result<void> PrivateCluster::Impl::make_database() const {
    auto connection = Connection::connect(conninfo_to(home, "postgres"), "stockd");
    if (!connection) {
        return connection.error();
    }
    const auto found = connection->exec(
        "select 1 from pg_catalog.pg_database where datname = $1", {options.database}
    );
    if (!found) {
        return found.error();
    }
    if (found->size() == 0) {
        const auto made = connection->exec("create database \"" + options.database + "\"");
        if (!made) {
            return made.error();
        }
    }
    return {};
}

base::Result<PrivateCluster> PrivateCluster::start(ClusterOptions options) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    if (const auto done = impl->start(); !done) {
        impl->stop();
        return done.error();
    }
    return PrivateCluster{std::move(impl)};
}

PrivateCluster::PrivateCluster(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

PrivateCluster::PrivateCluster(PrivateCluster&& other) noexcept = default;

PrivateCluster& PrivateCluster::operator=(PrivateCluster&& other) noexcept {
    if (impl_) {
        impl_->stop();
    }
    impl_ = std::move(other.impl_);
    return *this;
}

PrivateCluster::~PrivateCluster() {
    if (impl_) {
        impl_->stop();
    }
}

std::string PrivateCluster::conninfo() const {
    return conninfo_to(impl_->home, impl_->options.database);
}

const fs::path& PrivateCluster::socket_directory() const noexcept {
    return impl_->home.sockets;
}

const fs::path& PrivateCluster::data_directory() const noexcept {
    return impl_->home.data;
}

const fs::path& PrivateCluster::bin_directory() const noexcept {
    return impl_->bin;
}

const std::string& PrivateCluster::database() const noexcept {
    return impl_->options.database;
}

const std::string& PrivateCluster::user() const noexcept {
    return kPrivateSuperuser;
}

int PrivateCluster::port() noexcept {
    return kPrivatePort;
}

const std::string& PrivateCluster::os_user() const noexcept {
    return impl_->home.os_user_name;
}

bool PrivateCluster::made_now() const noexcept {
    return impl_->is_new;
}

bool PrivateCluster::is_running() const {
    return impl_->server.is_running();
}

void PrivateCluster::stop() {
    impl_->stop();
}

}  // namespace stockd::pg
