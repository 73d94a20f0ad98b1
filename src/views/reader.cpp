#include "views/reader.hpp"

#include "pg/async_connection.hpp"
#include "pg/session_settings.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace stockd::views {

namespace net = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr const char* kPage =
    "select p.page::text, p.position_hash, p.age_ms::text from inventory._view_page($1, $2::jsonb) "
    "as p";
/// These connections read only, otherwise.
constexpr const char* kRebuild =
    "set transaction read write; "
    "select '{\"success\":true}', null, null from inventory._ask_for_rebuild() as n";

base::Error unavailable(std::string message, std::string hint) {
    return {base::ErrorCode::kUnavailable, std::move(message), {}, std::move(hint), {}};
}

/// Without what libpq says, which names hosts and ports: anybody may read this. The follower logs
/// it.
base::Error unreachable() {
    return unavailable("The database cannot be reached", "Ask again later.");
}

Page page_of(const pg::Rows& rows) {
    Page page;
    page.body = rows.text(0, 0);
    page.position = rows.text(0, 1);
    if (!rows.is_null(0, 2)) {
        const auto digits = rows.text(0, 2);
        std::int64_t age = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), age);
        page.age_ms = age;
    }
    return page;
}

/// Not the caller's fault: the connection is of no use any more.
bool is_of_link(const base::Error& error) {
    return error.sqlstate.empty() || error.code == base::ErrorCode::kUnavailable ||
           error.code == base::ErrorCode::kTimeout;
}

}  // namespace

class Reader::Impl {
  public:
    explicit Impl(ReaderOptions options)
        : options_(std::move(options)) {
        for (std::size_t n = 0; n < options_.connections; ++n) {
            workers_.push_back(std::make_unique<Worker>(io_));
        }
        thread_ = std::thread([this] { io_.run(); });
        net::post(io_, [this] {
            for (auto& worker : workers_) {
                net::co_spawn(io_, serve(*worker), net::detached);
            }
        });
    }

    ~Impl() {
        try {
            stop();
        } catch (...) {
            std::terminate();  // a thread that cannot be joined must not outlive what it uses
        }
    }

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    Impl(Impl&&) = delete;
    Impl& operator=(Impl&&) = delete;

    void ask(const char* sql, std::vector<pg::Param> params, base::SteadyTime deadline, Done done) {
        bool is_stopping = false;
        {
            const std::lock_guard lock{mutex_};
            is_stopping = stopping_;
            if (!stopping_ && jobs_.size() < options_.waiting_max) {
                jobs_.push_back({sql, std::move(params), deadline, std::move(done)});
                net::post(io_, [this] { wake_one(); });
                return;
            }
        }
        done(
            is_stopping ? unavailable("stockd is stopping", {})
                        : unavailable("Too many requests wait for the database", "Ask again later.")
        );
    }

    void stop() {
        {
            const std::lock_guard lock{mutex_};
            if (stopping_) {
                return;
            }
            stopping_ = true;
        }
        net::post(io_, [this] {
            for (auto& worker : workers_) {
                worker->connection.abort();
                worker->bell.cancel();
            }
            keep_.reset();
        });
        thread_.join();
        std::deque<Job> left;
        {
            const std::lock_guard lock{mutex_};
            left.swap(jobs_);
        }
        for (auto& job : left) {
            job.done(unavailable("stockd is stopping", {}));
        }
    }

  private:
    struct Job {
        const char* sql;
        std::vector<pg::Param> params;
        base::SteadyTime deadline;
        Done done;
    };

    struct Worker {
        explicit Worker(net::io_context& io)
            : connection(io.get_executor()),
              bell(io) {}

        pg::AsyncConnection connection;
        net::steady_timer bell;  ///< cancelled when there is a job
        bool resting = false;
    };

    void wake_one() {
        for (auto& worker : workers_) {
            if (worker->resting) {
                worker->resting = false;
                worker->bell.cancel();
                return;
            }
        }
    }

    bool is_stopping() {
        const std::lock_guard lock{mutex_};
        return stopping_;
    }

    std::optional<Job> next_job() {
        const std::lock_guard lock{mutex_};
        if (jobs_.empty() || stopping_) {
            return std::nullopt;
        }
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        return job;
    }

    net::awaitable<void> serve(Worker& worker) {
        while (!is_stopping()) {
            auto job = next_job();
            if (!job) {
                worker.resting = true;
                worker.bell.expires_at(base::SteadyTime::max());
                boost::system::error_code ignored;
                co_await worker.bell.async_wait(net::redirect_error(net::use_awaitable, ignored));
                continue;
            }
            auto result = co_await run(worker, *job);
            job->done(std::move(result));
        }
        worker.connection.close();
    }

    net::awaitable<base::Result<Page>> run(Worker& worker, Job& job) {
        if (job.deadline <= steady_clock::now()) {
            co_return base::Error{
                base::ErrorCode::kTimeout,
                "No connection to the database came free in time",
                {},
                "Ask again later.",
                {}};
        }
        auto& connection = worker.connection;
        // One that was idle may have been closed by the server: then once more, over a new one.
        for (const bool is_first : {true, false}) {
            const bool was_open = connection.is_open();
            if (!was_open) {
                auto opened = co_await open(connection);
                if (!opened) {
                    co_return opened.error();
                }
            }
            const auto deadline =
                std::min(job.deadline, steady_clock::now() + options_.statement_timeout);
            auto asked = job.params.empty() ? connection.exec_script(job.sql, deadline)
                                            : connection.exec(job.sql, job.params, deadline);
            auto rows = co_await std::move(asked);
            if (rows) {
                co_return page_of(*rows);
            }
            if (!is_of_link(rows.error())) {
                co_return rows.error();
            }
            connection.close();
            const bool was_closed = rows.error().code == base::ErrorCode::kUnavailable;
            if (!was_closed) {
                co_return rows.error();
            }
            if (!is_first || !was_open || is_stopping()) {
                break;
            }
        }
        co_return unreachable();
    }

    net::awaitable<base::Result<void>> open(pg::AsyncConnection& connection) {
        auto connected = co_await connection.connect(
            options_.database_url,
            options_.name + " views",
            steady_clock::now() + options_.connect_timeout
        );
        if (!connected) {
            co_return unreachable();
        }
        auto set = co_await connection.exec_script(
            pg::session_settings_script() + pg::short_lock_wait_script() +
                "set jit = off; set client_min_messages = warning; set "
                "default_transaction_read_only = on; set statement_timeout = " +
                std::to_string(options_.statement_timeout.count()),
            steady_clock::now() + options_.statement_timeout
        );
        if (!set) {
            co_return set.error();
        }
        co_return base::Result<void>{};
    }

    const ReaderOptions options_;
    net::io_context io_{1};
    std::optional<net::executor_work_guard<net::io_context::executor_type>> keep_{
        net::make_work_guard(io_)};
    std::vector<std::unique_ptr<Worker>> workers_;
    std::mutex mutex_;
    // guarded by mutex_
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::thread thread_;
};

Reader::Reader(ReaderOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Reader::~Reader() = default;

void Reader::page(std::string view, std::string filters, base::SteadyTime deadline, Done done) {
    std::vector<pg::Param> params;
    params.emplace_back(std::move(view));
    params.emplace_back(std::move(filters));
    impl_->ask(kPage, std::move(params), deadline, std::move(done));
}

void Reader::ask_for_rebuild(base::SteadyTime deadline, Done done) {
    impl_->ask(kRebuild, {}, deadline, std::move(done));
}

void Reader::stop() {
    impl_->stop();
}

}  // namespace stockd::views
