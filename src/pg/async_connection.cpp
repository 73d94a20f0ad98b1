#include "pg/async_connection.hpp"

#include "base/assert.hpp"
#include "base/secret.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>

namespace stockd::pg {

namespace net = boost::asio;
using base::Result;
using net::awaitable;

namespace {

base::Error ended(std::string what) {
    return {base::ErrorCode::kUnavailable, std::move(what), {}, {}, {}};
}

base::Error too_late(std::string what) {
    return {
        base::ErrorCode::kTimeout,
        std::move(what),
        {},
        "The network or the server is stuck; check both.",
        {}};
}

std::string no_answer(const Server& server) {
    const auto& name = server.host.empty() ? server.hostaddr : server.host;
    return (name.empty() ? "the database" : "the database at " + name) +
           " did not answer the connection request in time";
}

base::Error masked(base::Error error) {
    error.message = base::mask_secrets(error.message);
    return error;
}

std::vector<const char*> c_strings(const std::vector<Param>& params) {
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& param : params) {
        values.push_back(param ? param->c_str() : nullptr);
    }
    return values;
}

struct MemoryDeleter {
    void operator()(char* bytes) const noexcept { PQfreemem(bytes); }
};

}  // namespace

AsyncConnection::AsyncConnection(const net::any_io_executor& executor)
    : socket_(executor),
      timer_(executor) {}

AsyncConnection::~AsyncConnection() {
    close();
}

void AsyncConnection::close() {
    release_socket();
    connection_.reset();
}

void AsyncConnection::abort() {
    aborted_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void AsyncConnection::release_socket() {
    if (socket_.is_open()) {
        socket_.release();  // libpq owns and closes it
    }
}

Result<void> AsyncConnection::adopt_socket() {
    release_socket();
    const int fd = PQsocket(get());
    if (fd < 0) {
        return masked(error_of(get()));
    }
    boost::system::error_code error;
    socket_.assign(fd, error);
    if (error) {
        return ended("cannot watch the connection's socket: " + error.message());
    }
    return {};
}

awaitable<Result<void>> AsyncConnection::connect(
    std::string conninfo,
    std::string application_name,
    base::SteadyTime deadline,
    std::size_t first_server
) {
    close();
    aborted_ = false;
    auto servers = servers_of(conninfo);
    if (servers.empty()) {
        servers.emplace_back();
    }
    const auto limit = connect_timeout_of(conninfo);
    std::optional<base::Error> failure;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        server_ = (first_server + i) % servers.size();
        const auto until =
            share_of(std::chrono::steady_clock::now(), deadline, servers.size() - i, limit);
        auto connected = co_await connect_to(servers[server_], conninfo, application_name, until);
        if (connected || aborted_) {
            co_return connected;
        }
        auto error = connected.error();
        if (failure) {
            error.message = failure->message + "; " + error.message;
        }
        failure = std::move(error);
        close();
    }
    co_return std::move(*failure);
}

awaitable<Result<void>> AsyncConnection::connect_to(
    const Server& server,
    const std::string& conninfo,
    const std::string& application_name,
    base::SteadyTime deadline
) {
    // Found dead in seconds instead of hours; what stands before dbname yields to what the user's
    // conninfo says, what stands after it does not.
    const std::array<const char*, 11> keywords{
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "fallback_application_name",
        "dbname",
        "client_encoding",
        "host",
        "hostaddr",
        "port",
        nullptr};
    const std::array<const char*, 11> values{
        "5",
        "2",
        "3",
        "10000",
        application_name.c_str(),
        conninfo.c_str(),
        "UTF8",
        server.host.c_str(),
        server.hostaddr.c_str(),
        server.port.c_str(),
        nullptr};
    connection_.reset(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
    if (connection_ == nullptr) {
        throw std::bad_alloc{};
    }
    if (PQstatus(get()) == CONNECTION_BAD) {
        co_return masked(error_of(get()));
    }
    PQsetNoticeProcessor(
        get(), [](void*, const char*) {}, nullptr
    );
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        // PQconnectPoll may close its socket and open another with the same number: watch it anew
        // each time.
        auto adopted = adopt_socket();
        if (!adopted) {
            co_return adopted.error();
        }
        const auto direction =
            state == PGRES_POLLING_WRITING ? Direction::kWrite : Direction::kRead;
        auto ready = co_await wait_ready(direction, deadline);
        if (!ready) {
            co_return ready.error();
        }
        if (!*ready) {
            co_return too_late(no_answer(server));
        }
        release_socket();
        state = PQconnectPoll(get());
        if (state == PGRES_POLLING_FAILED) {
            co_return masked(error_of(get()));
        }
    }
    if (PQsetnonblocking(get(), 1) != 0) {
        co_return masked(error_of(get()));
    }
    last_talk_ = std::chrono::steady_clock::now();
    co_return adopt_socket();
}

awaitable<Result<bool>> AsyncConnection::wait_ready(Direction direction, base::SteadyTime until) {
    if (aborted_) {
        co_return ended("stopped");
    }
    const auto number = ++wait_number_;
    timed_out_ = false;
    timer_.expires_at(until);
    timer_.async_wait([this, number](const boost::system::error_code& error) {
        // A handler that was already queued when its wait ended must not end the next one.
        if (!error && number == wait_number_) {
            timed_out_ = true;
            boost::system::error_code ignored;
            socket_.cancel(ignored);
        }
    });
    boost::system::error_code error;
    const auto type = direction == Direction::kRead ? net::posix::stream_descriptor::wait_read
                                                    : net::posix::stream_descriptor::wait_write;
    co_await socket_.async_wait(type, net::redirect_error(net::use_awaitable, error));
    ++wait_number_;
    timer_.cancel();
    if (aborted_) {
        co_return ended("stopped");
    }
    if (error && (timed_out_ || interrupted_)) {
        co_return false;
    }
    if (error) {
        co_return ended("cannot wait for the connection's socket: " + error.message());
    }
    co_return true;
}

awaitable<Result<void>> AsyncConnection::wait(Direction direction, base::SteadyTime deadline) {
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        const bool hooked = slow_hook_ && slow_every_.count() > 0;
        const auto until = hooked ? std::min(deadline, now + slow_every_) : deadline;
        auto ready = co_await wait_ready(direction, until);
        if (!ready) {
            co_return ready.error();
        }
        if (*ready) {
            co_return Result<void>{};
        }
        if (std::chrono::steady_clock::now() >= deadline) {
            co_return too_late("the database did not answer a statement in time");
        }
        if (hooked) {
            co_await slow_hook_();
        }
    }
}

awaitable<Result<void>> AsyncConnection::flush(base::SteadyTime deadline) {
    for (;;) {
        const int left = PQflush(get());
        if (left == 0) {
            co_return Result<void>{};
        }
        if (left < 0) {
            co_return error_of(get());
        }
        auto ready = co_await wait(Direction::kWrite, deadline);
        if (!ready) {
            co_return ready.error();
        }
    }
}

awaitable<Result<PGresult*>> AsyncConnection::next_result(base::SteadyTime deadline) {
    while (PQisBusy(get()) != 0) {
        auto ready = co_await wait(Direction::kRead, deadline);
        if (!ready) {
            co_return ready.error();
        }
        if (PQconsumeInput(get()) == 0) {
            co_return error_of(get());
        }
    }
    co_return PQgetResult(get());
}

awaitable<Result<Rows>> AsyncConnection::collect(base::SteadyTime deadline) {
    auto flushed = co_await flush(deadline);
    if (!flushed) {
        co_return flushed.error();
    }
    std::optional<base::Error> failure;
    std::optional<Rows> last;
    for (;;) {
        auto raw = co_await next_result(deadline);
        if (!raw) {
            co_return raw.error();
        }
        if (*raw == nullptr) {
            break;
        }
        Rows rows{*raw};
        const auto status = PQresultStatus(rows.get());
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
            status == PGRES_EMPTY_QUERY) {
            last.emplace(std::move(rows));
        } else if (!failure) {
            failure = error_of(rows.get(), get());
        }
    }
    if (failure) {
        co_return std::move(*failure);
    }
    if (!last) {
        co_return error_of(get());
    }
    co_return std::move(*last);
}

Result<void> AsyncConnection::start(const std::string& sql, const std::vector<Param>& params) {
    if (!is_open() || aborted_) {
        return ended("the connection is closed");
    }
    last_talk_ = std::chrono::steady_clock::now();
    const auto values = c_strings(params);
    const int sent = PQsendQueryParams(
        get(),
        sql.c_str(),
        static_cast<int>(values.size()),
        nullptr,
        values.data(),
        nullptr,
        nullptr,
        /*resultFormat=*/0
    );
    if (sent == 0 || PQflush(get()) < 0) {
        return error_of(get());
    }
    return {};
}

awaitable<Result<Rows>> AsyncConnection::finish(base::SteadyTime deadline) {
    return collect(deadline);
}

awaitable<Result<Rows>> AsyncConnection::exec(
    std::string sql, std::vector<Param> params, base::SteadyTime deadline
) {
    auto started = start(sql, params);
    if (!started) {
        co_return started.error();
    }
    co_return co_await collect(deadline);
}

awaitable<Result<Rows>> AsyncConnection::exec_script(std::string sql, base::SteadyTime deadline) {
    if (!is_open() || aborted_) {
        co_return ended("the connection is closed");
    }
    last_talk_ = std::chrono::steady_clock::now();
    if (PQsendQuery(get(), sql.c_str()) == 0) {
        co_return error_of(get());
    }
    co_return co_await collect(deadline);
}

awaitable<Result<void>> AsyncConnection::prepare(
    std::string name, std::string sql, base::SteadyTime deadline
) {
    if (!is_open() || aborted_) {
        co_return ended("the connection is closed");
    }
    last_talk_ = std::chrono::steady_clock::now();
    if (PQsendPrepare(get(), name.c_str(), sql.c_str(), 0, nullptr) == 0) {
        co_return error_of(get());
    }
    auto rows = co_await collect(deadline);
    if (!rows) {
        co_return rows.error();
    }
    co_return Result<void>{};
}

awaitable<Result<void>> AsyncConnection::exec_rows(
    std::string prepared,
    std::vector<Param> params,
    Format format,
    base::SteadyTime deadline,
    RowHandler on_row
) {
    if (!is_open() || aborted_) {
        co_return ended("the connection is closed");
    }
    last_talk_ = std::chrono::steady_clock::now();
    const auto values = c_strings(params);
    const int sent = PQsendQueryPrepared(
        get(),
        prepared.c_str(),
        static_cast<int>(values.size()),
        values.data(),
        nullptr,
        nullptr,
        static_cast<int>(format)
    );
    if (sent == 0) {
        co_return error_of(get());
    }
    STOCKD_ASSERT(
        PQsetSingleRowMode(get()) == 1, "single-row mode is asked for right after sending"
    );
    auto flushed = co_await flush(deadline);
    if (!flushed) {
        co_return flushed.error();
    }
    std::optional<base::Error> failure;
    for (;;) {
        auto raw = co_await next_result(deadline);
        if (!raw) {
            co_return raw.error();
        }
        if (*raw == nullptr) {
            break;
        }
        const Rows rows{*raw};
        const auto status = PQresultStatus(rows.get());
        if (status == PGRES_SINGLE_TUPLE && !failure) {
            auto taken = on_row(rows);
            if (!taken) {
                failure = taken.error();
            }
        } else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
            failure = error_of(rows.get(), get());
        }
    }
    if (failure) {
        co_return std::move(*failure);
    }
    co_return Result<void>{};
}

awaitable<Result<void>> AsyncConnection::copy_out(
    std::string sql, base::SteadyTime deadline, CopyHandler on_bytes
) {
    if (!is_open() || aborted_) {
        co_return ended("the connection is closed");
    }
    last_talk_ = std::chrono::steady_clock::now();
    if (PQsendQuery(get(), sql.c_str()) == 0) {
        co_return error_of(get());
    }
    auto flushed = co_await flush(deadline);
    if (!flushed) {
        co_return flushed.error();
    }
    auto raw = co_await next_result(deadline);
    if (!raw) {
        co_return raw.error();
    }
    const Rows opened{*raw};
    if (PQresultStatus(opened.get()) != PGRES_COPY_OUT) {
        auto failure = error_of(opened.get(), get());
        (void)co_await collect(deadline);
        co_return failure;
    }
    for (;;) {
        char* bytes = nullptr;
        const int size = PQgetCopyData(get(), &bytes, /*async=*/1);
        if (size > 0) {
            const std::unique_ptr<char, MemoryDeleter> owned{bytes};
            auto taken = on_bytes({bytes, static_cast<std::size_t>(size)});
            if (!taken) {
                co_return taken.error();
            }
            continue;
        }
        if (size == -1) {
            break;
        }
        if (size < -1) {
            co_return error_of(get());
        }
        auto ready = co_await wait(Direction::kRead, deadline);
        if (!ready) {
            co_return ready.error();
        }
        if (PQconsumeInput(get()) == 0) {
            co_return error_of(get());
        }
    }
    auto last = co_await collect(deadline);
    if (!last) {
        co_return last.error();
    }
    co_return Result<void>{};
}

awaitable<AsyncConnection::Wake> AsyncConnection::rest(base::SteadyTime until) {
    if (PQstatus(get()) != CONNECTION_OK) {
        co_return Wake::kBroken;  // libpq has closed the socket: nothing would ever wake us
    }
    interrupted_ = false;
    resting_ = true;
    auto ready = co_await wait_ready(Direction::kRead, until);
    resting_ = false;
    const bool interrupted = std::exchange(interrupted_, false);
    if (!ready) {
        co_return Wake::kBroken;
    }
    if (!*ready) {
        co_return interrupted ? Wake::kInterrupted : Wake::kTimeout;
    }
    // An idle server that has something to say other than a notification is saying goodbye.
    if (PQconsumeInput(get()) == 0 || PQstatus(get()) != CONNECTION_OK) {
        co_return Wake::kBroken;
    }
    co_return Wake::kReadable;
}

void AsyncConnection::interrupt() {
    if (resting_) {
        interrupted_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

std::optional<Notification> AsyncConnection::next_notification() {
    std::unique_ptr<PGnotify, decltype(&PQfreemem)> notify{PQnotifies(get()), &PQfreemem};
    if (notify == nullptr) {
        return std::nullopt;
    }
    return Notification{notify->relname, notify->extra, notify->be_pid};
}

void AsyncConnection::set_slow_hook(
    std::chrono::milliseconds every, std::function<awaitable<void>()> hook
) {
    slow_every_ = every;
    slow_hook_ = std::move(hook);
}

}  // namespace stockd::pg
