#pragma once

#include "web/exchange.hpp"
#include "web/host_rule.hpp"
#include "web/net.hpp"
#include "web/response_head.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace stockd::web {

class Session;
class Worker;

/// The way back for completions of other threads, which may outlive the worker.
class Mailbox {
  public:
    explicit Mailbox(Worker& worker)
        : worker_(&worker) {}

    /// Any thread. Nothing happens when the worker or the wait has ended.
    void deliver(std::size_t slot, std::uint64_t wait_id, base::Result<void> result);
    void close();

  private:
    std::mutex mutex_;
    Worker* worker_;  ///< guarded by mutex_
};

/// What all workers of one server share.
struct ServerShared {
    Service& service;
    observe::Observer observer;
    HostRule hosts;  ///< set before the workers start
    std::atomic<std::int64_t> connections{0};
    /// Of answers that a socket did not take at once. Written only then, so it costs the others
    /// nothing.
    std::atomic<std::int64_t> unsent_bytes{0};
};

/// One thread with its own io_context and its own connections: nothing on a request's way is shared
/// with other workers. Everything but deliver-by-mailbox, adopt() and the begin/set calls, which
/// post, runs on that thread.
class Worker {
  public:
    Worker(ServerShared& shared, const Limits& limits);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    Worker(Worker&&) = delete;
    Worker& operator=(Worker&&) = delete;

    void start(std::string thread_name);
    /// Any thread.
    void adopt(Socket socket);
    void set_limits(const Limits& limits);
    void begin_stop(base::SteadyTime deadline);
    void join();

    [[nodiscard]] net::io_context& io() noexcept { return io_; }

    // For sessions.
    [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

    [[nodiscard]] ServerShared& shared() noexcept { return shared_; }

    [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const noexcept { return mailbox_; }

    [[nodiscard]] bool is_stopping() const noexcept { return is_stopping_; }

    [[nodiscard]] std::uint64_t next_wait_id() noexcept { return ++last_wait_id_; }

    [[nodiscard]] std::string_view date();
    /// Ends the session's life, once no handler of its own can run any more.
    void retire(std::size_t slot);

    /// A completion arrived.
    void resume(std::size_t slot, std::uint64_t wait_id, const base::Result<void>& result);

  private:
    void run();
    void insert(Socket socket);
    void tick();
    void arm_ticker();
    void stop_if_done();

    ServerShared& shared_;
    net::io_context io_{1};
    Timer ticker_;
    Limits limits_;
    std::shared_ptr<Mailbox> mailbox_;
    std::vector<std::unique_ptr<Session>> sessions_;  ///< by slot; empty ones are listed in free_
    std::vector<std::size_t> free_;
    std::vector<std::unique_ptr<Session>>
        retired_;  ///< until the next tick: they may be on the stack
    DateHeader date_;
    std::uint64_t last_wait_id_ = 0;
    bool is_stopping_ = false;
    base::SteadyTime stop_deadline_;
    std::thread thread_;
};

}  // namespace stockd::web
