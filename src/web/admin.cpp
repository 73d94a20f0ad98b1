#include "web/admin.hpp"

#include "web/api_request.hpp"
#include "web/json.hpp"
#include "web/query.hpp"

#include <utility>

namespace stockd::web {

namespace {

using observe::Route;

constexpr std::string_view kViewsRefresh = "/api/inventory/views/refresh";

}  // namespace

class AdminExchange : public Exchange {
  public:
    explicit AdminExchange(const Admin& admin)
        : admin_(admin) {}

    Outcome start(const Request& request, Response& out, const CompletionFactory& completion)
        override {
        const auto target = split_target(request.target);
        if (target && target->path == kViewsRefresh && request.method == Method::kPost &&
            admin_.views_ != nullptr) {
            return start_rebuild(request, out, completion);
        }
        admin_.answer(request, out);
        return Outcome::kDone;
    }

    Outcome resume(const base::Result<void>& result, Response& out, const CompletionFactory&)
        override {
        out.route = Route::kViewsRefresh;
        if (!result) {
            out.set(to_problem(result.error()));
            return Outcome::kDone;
        }
        out.status = 202;
        out.body += R"({"success":true,"message":"The relay rebuilds the views"})";
        return Outcome::kDone;
    }

    [[nodiscard]] base::SteadyTime deadline() const override { return deadline_; }

    void refuse(const Problem& problem, Response& out) override { out.set(problem); }

    void abandon() override {}

  private:
    Outcome start_rebuild(
        const Request& request, Response& out, const CompletionFactory& completion
    ) {
        out.route = Route::kViewsRefresh;
        if (const auto problem = refuse_foreign_page(request.origin, request.host)) {
            out.set(*problem);
            return Outcome::kDone;
        }
        deadline_ = std::chrono::steady_clock::now() + request.limits.view_timeout;
        admin_.views_->rebuild(
            deadline_,
            [done = completion()](const base::Result<ViewPage>& asked) {
                done(asked ? base::Result<void>{} : base::Result<void>{asked.error()});
            }
        );
        return Outcome::kLater;
    }

    const Admin& admin_;
    base::SteadyTime deadline_;
};

namespace {

Route route_of(std::string_view path) {
    if (path == "/live") {
        return Route::kLive;
    }
    if (path == "/ready") {
        return Route::kReady;
    }
    if (path == "/metrics") {
        return Route::kMetrics;
    }
    if (path == kViewsRefresh) {
        return Route::kViewsRefresh;
    }
    return path == "/status" ? Route::kStatus : Route::kOther;
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    append_json(out, name);
    out += ':';
    append_json(out, value);
    out += ',';
}

void append_member(std::string& out, std::string_view name, std::int64_t value) {
    append_json(out, name);
    out += ':';
    append_json(out, value);
    out += ',';
}

}  // namespace

Admin::Admin(
    const cache::Cache& cache, const Follow& follow, std::function<std::string()> metrics_text
)
    : cache_(cache),
      follow_(follow),
      metrics_text_(std::move(metrics_text)) {}

std::unique_ptr<Exchange> Admin::make_exchange() {
    return std::make_unique<AdminExchange>(*this);
}

void Admin::answer(const Request& request, Response& out) const {
    const auto target = split_target(request.target);
    const std::string_view path = target ? target->path : std::string_view{};
    out.route = route_of(path);
    if (out.route == Route::kOther) {
        out.set({
            .status = 404,
            .code = "unknown_path",
            .message = "There is nothing at this path",
            .hint =
                "There are /live, /ready, /metrics and /status; POST /api/inventory/views/refresh.",
            .detail = {},
            .allow = {},
        });
        return;
    }
    if (out.route == Route::kViewsRefresh) {
        out.set({
            .status = 405,
            .code = "method_not_allowed",
            .message = "This path does not take that method",
            .hint = "Allowed: POST.",
            .detail = {},
            .allow = "POST",
        });
        return;
    }
    if (request.method != Method::kGet && request.method != Method::kHead) {
        out.set({
            .status = 405,
            .code = "method_not_allowed",
            .message = "This path does not take that method",
            .hint = "Allowed: GET, HEAD.",
            .detail = {},
            .allow = "GET, HEAD",
        });
        return;
    }
    switch (out.route) {
        case Route::kLive:
            out.body += R"({"live":true})";
            break;
        case Route::kReady:
            answer_ready(out);
            break;
        case Route::kMetrics:
            out.body = metrics_text_();
            out.content_type = "text/plain; version=0.0.4; charset=utf-8";
            break;
        default:
            answer_status(out);
            break;
    }
}

void Admin::answer_ready(Response& out) const {
    const auto report = follow_.ready();
    out.status = report.ready ? 200 : 503;
    out.body += R"({"ready":)";
    append_json(out.body, report.ready);
    out.body += R"(,"reasons":[)";
    for (std::size_t i = 0; i < report.reasons.size(); ++i) {
        out.body += i == 0 ? "" : ",";
        append_json(out.body, report.reasons[i]);
    }
    out.body += "]}";
}

void Admin::answer_status(Response& out) const {
    const auto freshness = follow_.freshness();
    const auto status = follow_.status();
    const auto counts = cache_.counts();
    auto& body = out.body;
    body += '{';
    append_member(body, "state", status.state);
    body += R"("relay":)";
    append_json(body, status.is_relay);
    body += R"(,"stale":)";
    append_json(body, freshness.stale);
    body += ',';
    body += R"("ageMs":)";
    if (freshness.age_ms) {
        append_json(body, *freshness.age_ms);
    } else {
        body += "null";
    }
    body += ',';
    append_member(body, "incarnation", status.incarnation);
    append_member(body, "position", status.position);
    append_member(body, "positionHash", cache_.read().state().position_hash);
    append_member(body, "products", static_cast<std::int64_t>(counts.products));
    append_member(body, "stores", static_cast<std::int64_t>(counts.stores));
    append_member(body, "stockRows", static_cast<std::int64_t>(counts.stock_rows));
    append_member(body, "bytes", static_cast<std::int64_t>(counts.bytes));
    append_member(body, "drift", status.drift);
    append_member(body, "rings", status.rings);
    append_member(body, "drains", status.drains);
    append_member(body, "reconnects", status.reconnects);
    append_member(body, "lastError", status.last_error);
    body += R"("lastRefresh":)";
    if (status.last_refresh) {
        append_json(body, *status.last_refresh);
    } else {
        body += "null";
    }
    body += '}';
}

}  // namespace stockd::web
