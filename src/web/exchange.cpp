#include "web/exchange.hpp"

namespace stockd::web {

void Response::reset() {
    status = 200;
    body.clear();
    content_type = kJsonType;
    allow = {};
    has_freshness = false;
    route = observe::Route::kOther;
}

void Response::set(const Problem& problem) {
    status = problem.status;
    content_type = kJsonType;
    allow = problem.allow;
    body.clear();
    append_problem(body, problem);
}

}  // namespace stockd::web
