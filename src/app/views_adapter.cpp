#include "app/views_adapter.hpp"

#include <utility>

namespace stockd::app {

namespace {

views::Reader::Done hand_on(web::Views::Done done) {
    return [done = std::move(done)](base::Result<views::Page> read) {
        if (!read) {
            done(read.error());
            return;
        }
        done(web::ViewPage{std::move(read->body), std::move(read->position), read->age_ms});
    };
}

}  // namespace

void ViewsAdapter::page(
    std::string view, std::string filters, base::SteadyTime deadline, Done done
) {
    reader_->page(std::move(view), std::move(filters), deadline, hand_on(std::move(done)));
}

void ViewsAdapter::rebuild(base::SteadyTime deadline, Done done) {
    reader_->ask_for_rebuild(deadline, hand_on(std::move(done)));
}

}  // namespace stockd::app
