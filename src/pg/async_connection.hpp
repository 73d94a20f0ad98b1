#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "pg/connection.hpp"
#include "pg/servers.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stockd::pg {

/// One NOTIFY as libpq delivers it.
struct Notification {
    std::string channel;
    std::string payload;
    int backend_pid = 0;
};

/// One libpq connection whose waits are Asio's: nothing here blocks but the look-up of a host name.
/// One coroutine at a time uses it, on the executor's single thread; abort() may come from any
/// other coroutine there. Never reconnects by itself. A statement that misses its deadline leaves
/// the connection unusable: close it.
class AsyncConnection {
  public:
    explicit AsyncConnection(const boost::asio::any_io_executor& executor);
    ~AsyncConnection();
    AsyncConnection(const AsyncConnection&) = delete;
    AsyncConnection& operator=(const AsyncConnection&) = delete;
    AsyncConnection(AsyncConnection&&) = delete;
    AsyncConnection& operator=(AsyncConnection&&) = delete;

    /// As Connection::connect, with a deadline, which the servers share when the conninfo names
    /// several: a silent one does not keep us from the next. Begins with `first_server`, counted on
    /// past the last. Whatever was connected before is closed.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> connect(
        std::string conninfo,
        std::string application_name,
        base::SteadyTime deadline,
        std::size_t first_server = 0
    );

    /// Which of the conninfo's servers the last connect() tried last.
    [[nodiscard]] std::size_t server() const noexcept { return server_; }

    enum class Format { kText = 0, kBinary = 1 };

    /// One statement with bound parameters (in text format), awaited to its end.
    [[nodiscard]] boost::asio::awaitable<base::Result<Rows>> exec(
        std::string sql, std::vector<Param> params, base::SteadyTime deadline
    );
    /// Several statements without parameters, awaited to their end. The last result.
    [[nodiscard]] boost::asio::awaitable<base::Result<Rows>> exec_script(
        std::string sql, base::SteadyTime deadline
    );
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> prepare(
        std::string name, std::string sql, base::SteadyTime deadline
    );

    using RowHandler = std::function<base::Result<void>(const Rows& row)>;
    /// A prepared statement whose rows are handed over one by one, as they arrive. What the handler
    /// refuses is the result once the rest has been read.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> exec_rows(
        std::string prepared,
        std::vector<Param> params,
        Format format,
        base::SteadyTime deadline,
        RowHandler on_row
    );

    using CopyHandler = std::function<base::Result<void>(std::string_view bytes)>;
    /// COPY ... TO STDOUT: each piece as libpq gives it (a row, or the file header with the first
    /// one). A refusal by the handler leaves the connection unusable.
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> copy_out(
        std::string sql, base::SteadyTime deadline, CopyHandler on_bytes
    );

    /// Sends a statement and does not wait; finish() gets its result. Between the two no other
    /// statement may start.
    [[nodiscard]] base::Result<void> start(
        const std::string& sql, const std::vector<Param>& params
    );
    [[nodiscard]] boost::asio::awaitable<base::Result<Rows>> finish(base::SteadyTime deadline);

    enum class Wake { kReadable, kTimeout, kInterrupted, kBroken };
    /// Sleeps until the server says something, the time comes, or interrupt() is called. Reads what
    /// there is, so that next_notification() has it.
    [[nodiscard]] boost::asio::awaitable<Wake> rest(base::SteadyTime until);
    /// Ends a rest() that is under way; nothing when none is.
    void interrupt();
    [[nodiscard]] std::optional<Notification> next_notification();

    /// While a statement takes longer than `every`, `hook` is awaited each time that long has
    /// passed.
    void set_slow_hook(
        std::chrono::milliseconds every, std::function<boost::asio::awaitable<void>()> hook
    );

    /// Ends every wait that is under way with kUnavailable, and all later ones.
    void abort();
    void close();

    [[nodiscard]] bool is_open() const noexcept { return connection_ != nullptr; }

    /// When the last statement was sent.
    [[nodiscard]] base::SteadyTime last_talk() const noexcept { return last_talk_; }

    [[nodiscard]] PGconn* get() const noexcept { return connection_.get(); }

  private:
    enum class Direction { kRead, kWrite };
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> connect_to(
        const Server& server,
        const std::string& conninfo,
        const std::string& application_name,
        base::SteadyTime deadline
    );
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> wait(
        Direction direction, base::SteadyTime deadline
    );
    /// One wait on the socket: true when it is ready, false when `until` came first.
    [[nodiscard]] boost::asio::awaitable<base::Result<bool>> wait_ready(
        Direction direction, base::SteadyTime until
    );
    [[nodiscard]] boost::asio::awaitable<base::Result<void>> flush(base::SteadyTime deadline);
    /// Null when the statement has ended.
    [[nodiscard]] boost::asio::awaitable<base::Result<PGresult*>> next_result(
        base::SteadyTime deadline
    );
    /// Reads results to the end: the last good one, or the first error.
    [[nodiscard]] boost::asio::awaitable<base::Result<Rows>> collect(base::SteadyTime deadline);
    [[nodiscard]] base::Result<void> adopt_socket();
    void release_socket();

    std::unique_ptr<PGconn, ConnectionDeleter> connection_;
    std::size_t server_ = 0;
    boost::asio::posix::stream_descriptor socket_;
    boost::asio::steady_timer timer_;
    std::chrono::milliseconds slow_every_{0};
    std::function<boost::asio::awaitable<void>()> slow_hook_;
    base::SteadyTime last_talk_{};
    std::uint64_t wait_number_ = 0;
    bool timed_out_ = false;
    bool resting_ = false;
    bool interrupted_ = false;
    bool aborted_ = false;
};

}  // namespace stockd::pg
