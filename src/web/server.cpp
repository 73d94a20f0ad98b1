#include "web/server.hpp"

#include "web/query.hpp"
#include "web/session.hpp"
#include "web/worker.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace stockd::web {

namespace {

/// After an accept that failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

base::Error bad_address(std::string_view text) {
    return {
        .code = base::ErrorCode::kInvalidArgument,
        .message = "Not an address to listen on: " + quoted(text),
        .detail = {},
        .hint = "Write host:port, for example 127.0.0.1:8080 or [::1]:8080.",
        .sqlstate = {},
    };
}

base::Error cannot_listen(const ServerOptions& options, const NetError& error) {
    const auto with = options.listen_flag.empty() ? "." : " with " + options.listen_flag + ".";
    const bool is_taken = error == net::error::address_in_use;
    return {
        .code = base::ErrorCode::kIo,
        .message = "Cannot listen on " + options.listen + ": " +
                   (is_taken ? "another program uses this port" : error.message()),
        .detail = {},
        .hint =
            (is_taken ? "Stop that program, or choose another port" : "Choose another address") +
            with,
        .sqlstate = {},
    };
}

std::string to_text(const Tcp::endpoint& endpoint) {
    const auto host = endpoint.address().to_string();
    const auto port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return bad_address(text);
    }
    auto host = text.substr(0, colon);
    const bool is_bracketed = host.front() == '[' && host.back() == ']';
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const bool has_colon = host.find(':') != std::string_view::npos;
    const auto port = parse_unsigned(text.substr(colon + 1));
    if (host.empty() || has_colon != is_bracketed || !port ||
        *port > std::numeric_limits<std::uint16_t>::max()) {
        return bad_address(text);
    }
    return ListenAddress{std::string{host}, static_cast<std::uint16_t>(*port)};
}

/// One listening socket on the first worker hands connections to all workers in turn. (SO_REUSEPORT
/// would let the kernel do it, unevenly, and would let a second daemon share the port without
/// anybody noticing.)
struct Server::Impl {
    Impl(ServerOptions given, Service& service, observe::Observer observer)
        : options(std::move(given)),
          shared{.service = service, .observer = std::move(observer), .hosts = {}} {
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        const unsigned threads = options.threads == 0 ? cores : options.threads;
        for (unsigned i = 0; i < threads; ++i) {
            workers.push_back(std::make_unique<Worker>(shared, options.limits));
        }
        acceptor.emplace(workers.front()->io());
        pause.emplace(workers.front()->io());
    }

    base::Result<void> bind() {
        const auto address = parse_listen_address(options.listen);
        if (!address) {
            return address.error();
        }
        NetError error;
        Tcp::resolver resolver{workers.front()->io()};
        const auto found = resolver.resolve(
            address->host, std::to_string(address->port), Tcp::resolver::passive, error
        );
        if (error || found.empty()) {
            return cannot_listen(options, error);
        }
        const Tcp::endpoint where = found.begin()->endpoint();
        acceptor->open(where.protocol(), error);
        if (!error) {
            acceptor->set_option(Acceptor::reuse_address{true}, error);
        }
        if (!error) {
            acceptor->bind(where, error);
        }
        if (!error) {
            acceptor->listen(Acceptor::max_listen_connections, error);
        }
        if (!error) {
            endpoint = acceptor->local_endpoint(error);
        }
        if (error) {
            return cannot_listen(options, error);
        }
        if (endpoint.address().is_loopback()) {
            auto names = options.allowed_hosts;
            names.push_back(address->host);
            shared.hosts = HostRule{std::move(names)};
        }
        return base::Result<void>{};
    }

    void accept() {
        Worker& worker = *workers[next_worker];
        acceptor->async_accept(worker.io(), [this, &worker](const NetError& error, Socket socket) {
            if (!acceptor->is_open()) {
                return;
            }
            if (error) {
                accept_later();
                return;
            }
            next_worker = (next_worker + 1) % workers.size();
            worker.adopt(std::move(socket));
            accept();
        });
    }

    void accept_later() {
        shared.observer(observe::RequestRefused{.reason = "accept_failed", .correlation_id = {}});
        pause->expires_after(kAcceptPause);
        pause->async_wait([this](const NetError& error) {
            if (!error && acceptor->is_open()) {
                accept();
            }
        });
    }

    ServerOptions options;
    ServerShared shared;
    std::vector<std::unique_ptr<Worker>> workers;
    std::optional<Acceptor> acceptor;  ///< after start(): only on the first worker's thread
    std::optional<Timer> pause;
    Tcp::endpoint endpoint;
    std::size_t next_worker = 0;
    bool is_started = false;
    bool is_stopped = false;
};

Server::Server(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

// NOLINTNEXTLINE(bugprone-exception-escape): a server that cannot stop may end the process
Server::~Server() {
    stop();
}

base::Result<std::unique_ptr<Server>> Server::listen(
    ServerOptions options, Service& service, observe::Observer observer
) {
    auto impl = std::make_unique<Impl>(std::move(options), service, std::move(observer));
    if (auto bound = impl->bind(); !bound) {
        return bound.error();
    }
    return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

void Server::start() {
    impl_->is_started = true;
    impl_->accept();
    for (std::size_t i = 0; i < impl_->workers.size(); ++i) {
        impl_->workers[i]->start(impl_->options.thread_name + "-" + std::to_string(i));
    }
}

void Server::stop() {
    stop(std::chrono::steady_clock::now() + impl_->options.stop_grace);
}

void Server::stop(base::SteadyTime deadline) {
    if (!impl_->is_started || std::exchange(impl_->is_stopped, true)) {
        return;
    }
    net::post(impl_->workers.front()->io(), [impl = impl_.get()] {
        NetError ignored;
        impl->acceptor->close(ignored);
        impl->pause->cancel();
    });
    for (const auto& worker : impl_->workers) {
        worker->begin_stop(deadline);
    }
    for (const auto& worker : impl_->workers) {
        worker->join();
    }
}

void Server::set_limits(const Limits& limits) {
    for (const auto& worker : impl_->workers) {
        worker->set_limits(limits);
    }
}

std::string Server::address() const {
    return to_text(impl_->endpoint);
}

std::uint16_t Server::port() const noexcept {
    return impl_->endpoint.port();
}

std::int64_t Server::connections() const noexcept {
    return impl_->shared.connections.load(std::memory_order_relaxed);
}

std::int64_t Server::unsent_bytes() const noexcept {
    return impl_->shared.unsent_bytes.load(std::memory_order_relaxed);
}

}  // namespace stockd::web
