#include "source/follower.hpp"

#include "source/loop.hpp"

#include <utility>

namespace stockd::source {

namespace {

base::Error not_running() {
    return {base::ErrorCode::kUnavailable, "the follower is not running", {}, {}, {}};
}

}  // namespace

std::string_view name_of(State state) noexcept {
    switch (state) {
        case State::kDisconnected:
            return "disconnected";
        case State::kConnecting:
            return "connecting";
        case State::kListening:
            return "listening";
        case State::kLoading:
            return "loading";
        case State::kLive:
            return "live";
    }
    return "disconnected";
}

Follower::Follower(SourceOptions options, Sink& sink, observe::Observer observer)
    : loop_(std::make_unique<Loop>(std::move(options), sink, std::move(observer))) {}

Follower::~Follower() = default;

void Follower::start() {
    loop_->start();
}

void Follower::stop() {
    loop_->stop();
}

Freshness Follower::freshness() const noexcept {
    return loop_->freshness();
}

FollowerStatus Follower::status() const {
    return loop_->status();
}

void Follower::wait_for_ticket(
    change::Xid ticket, base::SteadyTime deadline, const Completion& done
) {
    if (!loop_->submit([this, ticket, deadline, done] {
            loop_->wait_for_ticket(ticket, deadline, done);
        })) {
        done(not_running());
    }
}

void Follower::wait_until(
    std::function<bool()> condition,
    std::string what,
    base::SteadyTime deadline,
    const Completion& done
) {
    const bool submitted = loop_->submit(
        [this, condition = std::move(condition), what = std::move(what), deadline, done] {
            loop_->wait_until(condition, what, deadline, done);
        }
    );
    if (!submitted) {
        done(not_running());
    }
}

void Follower::wait_for_load(base::SteadyTime deadline, const Completion& done) {
    if (!loop_->submit([this, deadline, done] { loop_->wait_for_load(deadline, done); })) {
        done(not_running());
    }
}

void Follower::refresh(const std::function<void(base::Result<LoadReport>)>& done) {
    if (!loop_->submit([this, done] { loop_->refresh(done); })) {
        done(not_running());
    }
}

void Follower::set_paces(const Paces& paces) {
    (void)loop_->submit([this, paces] { loop_->set_paces(paces); });
}

void Follower::clear(const Completion& done) {
    if (!loop_->submit([this, done] { loop_->clear(done); })) {
        done(not_running());
    }
}

}  // namespace stockd::source
