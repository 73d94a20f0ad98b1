#pragma once

#include "shop.hpp"
#include "web/api.hpp"
#include "web/server.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace stockd::web::test {

/// A server on a port of its own over a Shop, running until it goes.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the counters have cache lines of their
// own
class Running {
  public:
    explicit Running(
        Limits limits = {},
        unsigned threads = 1,
        std::chrono::milliseconds grace = std::chrono::milliseconds{5000}
    )
        : api_(shop_.cache(), shop_, observer()) {
        ServerOptions options;
        options.listen = "127.0.0.1:0";
        options.threads = threads;
        options.stop_grace = grace;
        options.limits = limits;
        server_ = Server::listen(options, api_, observer()).value();
        server_->start();
    }

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

    Shop& shop() { return shop_; }

    Api& api() { return api_; }

    Server& server() { return *server_; }

    /// Reasons of refused requests so far.
    [[nodiscard]] std::vector<std::string> refusals() {
        const std::lock_guard lock{mutex_};
        return refusals_;
    }

  private:
    observe::Observer observer() {
        return observe::Observer{{[this](const observe::Observation& observation) {
            if (const auto* refused = std::get_if<observe::RequestRefused>(&observation)) {
                const std::lock_guard lock{mutex_};
                refusals_.push_back(refused->reason);
            }
        }}};
    }

    std::mutex mutex_;
    std::vector<std::string> refusals_;
    Shop shop_;
    Api api_;
    std::unique_ptr<Server> server_;
};

}  // namespace stockd::web::test
