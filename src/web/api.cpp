#include "web/api.hpp"

#include "base/assert.hpp"
#include "web/answers.hpp"

#include <algorithm>
#include <utility>

namespace stockd::web {

namespace {

using observe::Route;

Problem too_many_waiting() {
    return {
        .status = 503,
        .code = "too_many_waiting",
        .message = "Too many requests wait for the database",
        .hint = "Ask again later, or without ticket and min_version.",
        .detail = {},
        .allow = {},
    };
}

base::Error no_views() {
    return {base::ErrorCode::kUnavailable, "This program serves no views", {}, {}, {}};
}

}  // namespace

/// A request goes through stages, each of which may wait: something is loaded, the ticket is
/// covered, the version is there, then the answer. A wait's success moves on to the next stage; its
/// failure is the answer.
class ApiExchange : public Exchange {
  public:
    explicit ApiExchange(Api& api)
        : api_(api) {}

    ~ApiExchange() override { leave_queue(); }

    ApiExchange(const ApiExchange&) = delete;
    ApiExchange& operator=(const ApiExchange&) = delete;
    ApiExchange(ApiExchange&&) = delete;
    ApiExchange& operator=(ApiExchange&&) = delete;

    Outcome start(const Request& request, Response& out, const CompletionFactory& completion)
        override {
        leave_queue();
        stage_ = Stage::kLoad;
        wait_ = Wait::kNone;
        has_waited_ = false;
        auto problem = parse_api_request(request.method, request.target, request.limits, request_);
        out.route = request_.route;
        if (!problem && request_.route == Route::kCacheAction) {
            problem = refuse_foreign_page(request.origin, request.host);
            if (!problem) {
                problem = parse_action(request.media_type, request.body, action_);
            }
        }
        if (problem) {
            refuse(*problem, out);
            return Outcome::kDone;
        }
        waiting_max_ = request.limits.waiting_max;
        if (request_.route == Route::kCacheStats) {
            answer_stats(out);
            return Outcome::kDone;
        }
        if (request_.route == Route::kView) {
            return start_view(request.limits, out, completion);
        }
        if (request_.route == Route::kCacheAction) {
            return start_action(request.limits, out, completion);
        }
        wait_for_ = request_.wait.value_or(request.limits.wait_default);
        load_wait_ = request_.wait.value_or(request.limits.load_wait);
        return proceed(out, completion);
    }

    Outcome resume(
        const base::Result<void>& result, Response& out, const CompletionFactory& completion
    ) override {
        const Wait ended = std::exchange(wait_, Wait::kNone);
        leave_queue();
        out.route = request_.route;
        if (ended == Wait::kTicket || ended == Wait::kVersion) {
            api_.observer_(observe::WaitEnded{
                .result = result ? observe::WaitResult::kCovered
                          : result.error().code == base::ErrorCode::kTimeout
                              ? observe::WaitResult::kTimeout
                              : observe::WaitResult::kFailed,
                .duration = std::chrono::steady_clock::now() - waits_since_,
            });
        }
        if (ended == Wait::kView) {
            answer_view(result, out);
            return Outcome::kDone;
        }
        if (!result) {
            if (ended != Wait::kAction) {
                count_miss();
            }
            refuse(to_problem(result.error()), out);
            return Outcome::kDone;
        }
        if (ended == Wait::kAction) {
            answer_action(out);
            return Outcome::kDone;
        }
        stage_ = ended == Wait::kTicket    ? Stage::kVersion
                 : ended == Wait::kVersion ? Stage::kAnswer
                                           : stage_;
        return proceed(out, completion);
    }

    [[nodiscard]] base::SteadyTime deadline() const override { return deadline_ + kGrace; }

    void refuse(const Problem& problem, Response& out) override {
        const auto freshness = api_.follow_.freshness();
        const auto reading = api_.cache_.read();
        stamp(freshness, reading.state(), out);
        out.set(problem);
    }

    void abandon() override {
        wait_ = Wait::kNone;
        leave_queue();
    }

  private:
    enum class Stage : std::uint8_t { kLoad, kTicket, kVersion, kAnswer };
    enum class Wait : std::uint8_t { kNone, kLoad, kTicket, kVersion, kAction, kView };

    /// The follower ends a wait at its deadline and can say what was missing; the server's own end
    /// comes after it.
    static constexpr std::chrono::milliseconds kGrace{1000};
    /// A view that lacks changes of so long ago is marked stale, as a copy is.
    static constexpr std::int64_t kViewStaleAfterMs = 5000;

    /// What is left to do without waiting, in one pinned state.
    Wait look(Response& out) {
        // Freshness first: what is read after it is at least as new as it says.
        const auto freshness = api_.follow_.freshness();
        const auto reading = api_.cache_.read();
        const auto& state = reading.state();
        if (!state.loaded) {
            return Wait::kLoad;
        }
        if (stage_ == Stage::kLoad) {
            stage_ = Stage::kTicket;
        }
        if (stage_ == Stage::kTicket) {
            // A stale copy may be of a life of the database that has ended, whose transaction ids
            // come again: then only the follower, once it has looked, knows what the ticket means.
            if (request_.ticket && (freshness.stale || !state.position.covers(*request_.ticket))) {
                return Wait::kTicket;
            }
            stage_ = Stage::kVersion;
        }
        if (stage_ == Stage::kVersion) {
            if (request_.min_version && lacks_version(reading)) {
                return Wait::kVersion;
            }
            stage_ = Stage::kAnswer;
        }
        stamp(freshness, state, out);
        Found found;
        if (const auto problem = append_answer(out.body, reading, request_, found)) {
            out.set(*problem);
        }
        count(found);
        return Wait::kNone;
    }

    Outcome proceed(Response& out, const CompletionFactory& completion) {
        const Wait wait = look(out);
        if (wait == Wait::kNone) {
            return Outcome::kDone;
        }
        if (!enter_queue()) {
            refuse(too_many_waiting(), out);
            return Outcome::kDone;
        }
        wait_ = wait;
        const auto now = std::chrono::steady_clock::now();
        if (!has_waited_) {
            has_waited_ = true;
            waits_since_ = now;
        }
        deadline_ = waits_since_ + (wait == Wait::kLoad ? load_wait_ : wait_for_);
        switch (wait) {
            case Wait::kTicket:
                api_.follow_.wait_for_ticket(*request_.ticket, deadline_, completion());
                break;
            case Wait::kVersion:
                api_.follow_.wait_for_version(
                    versioned_sku(), request_.store, *request_.min_version, deadline_, completion()
                );
                break;
            default:
                api_.follow_.wait_for_load(deadline_, completion());
                break;
        }
        return Outcome::kLater;
    }

    Outcome start_action(const Limits& limits, Response& out, const CompletionFactory& completion) {
        if (!enter_queue()) {
            refuse(too_many_waiting(), out);
            return Outcome::kDone;
        }
        wait_ = Wait::kAction;
        deadline_ = std::chrono::steady_clock::now() + limits.action_timeout;
        if (action_ == CacheAction::kClear) {
            api_.follow_.clear(completion());
            return Outcome::kLater;
        }
        api_.follow_.refresh([done = completion()](const base::Result<RefreshReport>& report) {
            if (report) {
                done(base::Result<void>{});
            } else {
                done(report.error());
            }
        });
        return Outcome::kLater;
    }

    Outcome start_view(const Limits& limits, Response& out, const CompletionFactory& completion) {
        if (api_.views_ == nullptr) {
            refuse(to_problem(no_views()), out);
            return Outcome::kDone;
        }
        if (!enter_queue()) {
            refuse(too_many_waiting(), out);
            return Outcome::kDone;
        }
        wait_ = Wait::kView;
        deadline_ = std::chrono::steady_clock::now() + limits.view_timeout;
        page_ = std::make_shared<ViewPage>();
        api_.views_->page(
            request_.sku,
            request_.view_filters,
            deadline_,
            [page = page_, done = completion()](base::Result<ViewPage> read) {
                if (!read) {
                    done(read.error());
                    return;
                }
                *page = std::move(*read);
                done(base::Result<void>{});
            }
        );
        return Outcome::kLater;
    }

    void answer_view(const base::Result<void>& result, Response& out) {
        out.has_freshness = true;
        if (!result) {
            page_.reset();
            refuse(to_problem(result.error()), out);
            return;
        }
        out.position = page_->position.empty() ? std::string_view{"none"} : page_->position;
        out.age_ms = page_->age_ms;
        out.stale =
            !page_->age_ms || (follows_changes(request_.sku) && *page_->age_ms > kViewStaleAfterMs);
        out.body = std::move(page_->body);
        page_.reset();
    }

    /// min_version goes with the sku of the path, or with the only id of the query.
    [[nodiscard]] const std::string& versioned_sku() const {
        return request_.route == Route::kProducts ? request_.ids.front() : request_.sku;
    }

    /// What is not known is not waited for: a wrong code would cost its whole wait. Who has just
    /// made the product waits for the ticket.
    [[nodiscard]] bool lacks_version(const cache::Reading& reading) const {
        const auto product = reading.find(versioned_sku());
        if (!product || !reading.has_store(request_.store)) {
            return false;
        }
        const auto row = product->stock_in(request_.store);
        return !row || row->version < *request_.min_version;
    }

    static void stamp(
        const Freshness& freshness, const cache::PublishedState& state, Response& out
    ) {
        out.has_freshness = true;
        out.position = state.loaded ? std::string_view{state.position_hash} : "none";
        out.age_ms = state.loaded ? freshness.age_ms : std::nullopt;
        out.stale = freshness.stale || !state.loaded;
    }

    CacheStats stats(Response& out) const {
        const auto freshness = api_.follow_.freshness();
        const auto status = api_.follow_.status();
        const auto reading = api_.cache_.read();
        const auto& state = reading.state();
        stamp(freshness, state, out);
        return {
            .is_cached = state.loaded,
            .last_refresh = state.loaded ? status.last_refresh : std::nullopt,
            .now = base::now_utc(),
            .product_count = state.loaded ? reading.product_count() : 0,
            .is_stale = out.stale,
            .reads = api_.counters_.counts(),
            .position = state.loaded ? state.position_hash : std::string{},
            .drift = status.drift,
        };
    }

    void answer_stats(Response& out) const { append_stats_answer(out.body, stats(out)); }

    void answer_action(Response& out) const { append_action_answer(out.body, action_, stats(out)); }

    void count(const Found& found) {
        if (found.unknown != 0) {
            api_.counters_.add_unknown(found.unknown);
            api_.observer_(observe::ReadServed{observe::ReadResult::kUnknown});
        }
        if (has_waited_) {
            count_miss();
        } else if (found.known != 0) {
            api_.counters_.add_hits(1);
            api_.observer_(observe::ReadServed{observe::ReadResult::kHit});
        }
    }

    void count_miss() {
        api_.counters_.add_misses(1);
        api_.observer_(observe::ReadServed{observe::ReadResult::kMiss});
    }

    bool enter_queue() {
        STOCKD_ASSERT(!is_queued_, "a place in the queue is given back before the next is taken");
        if (api_.waiting_.fetch_add(1, std::memory_order_relaxed) >= waiting_max_) {
            api_.waiting_.fetch_sub(1, std::memory_order_relaxed);
            return false;
        }
        is_queued_ = true;
        return true;
    }

    void leave_queue() {
        if (std::exchange(is_queued_, false)) {
            api_.waiting_.fetch_sub(1, std::memory_order_relaxed);
        }
    }

    Api& api_;
    ApiRequest request_;
    CacheAction action_ = CacheAction::kRefresh;
    /// What the views' reader fills in; it may do so after this exchange has gone.
    std::shared_ptr<ViewPage> page_;
    Stage stage_ = Stage::kLoad;
    Wait wait_ = Wait::kNone;
    bool has_waited_ = false;
    bool is_queued_ = false;
    std::size_t waiting_max_ = 0;
    std::chrono::milliseconds wait_for_{0};
    std::chrono::milliseconds load_wait_{0};
    base::SteadyTime waits_since_;
    base::SteadyTime deadline_;
};

Api::Api(const cache::Cache& cache, Follow& follow, observe::Observer observer)
    : cache_(cache),
      follow_(follow),
      observer_(std::move(observer)) {}

std::unique_ptr<Exchange> Api::make_exchange() {
    return std::make_unique<ApiExchange>(*this);
}

}  // namespace stockd::web
