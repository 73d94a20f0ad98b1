#include "importer/lane.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <tuple>
#include <utility>

namespace stockd::importer {

namespace {

/// Chosen: a batch that meets others' locks is tried again this often, with a growing pause.
constexpr int kAttempts = 12;

bool is_passing(const base::Error& error) {
    return error.sqlstate == "40001" || error.sqlstate == "40P01" || error.sqlstate == "55P03";
}

/// The keys beside the pointers: a comparison that looks into two lines misses the processor's
/// cache twice.
void sort_by_stock_row(std::vector<const Line*>& lines) {
    struct Keyed {
        std::int64_t store_id;
        std::int64_t product_id;
        std::uint64_t number;
        const Line* line;
    };

    std::vector<Keyed> keyed;
    keyed.reserve(lines.size());
    for (const auto* line : lines) {
        keyed.push_back({line->store_id, line->product_id, line->number, line});
    }
    std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) {
        return std::tie(a.store_id, a.product_id, a.number) <
               std::tie(b.store_id, b.product_id, b.number);
    });
    std::transform(keyed.begin(), keyed.end(), lines.begin(), [](const Keyed& one) {
        return one.line;
    });
}

std::string reason_of(const base::Error& error) {
    return error.detail.empty() ? error.message : error.message + " (" + error.detail + ")";
}

}  // namespace

void Lane::add(Line& line) {
    if (filling_.count == filling_.lines.size()) {
        filling_.lines.emplace_back();
    }
    std::swap(filling_.lines[filling_.count++], line);
}

void Lane::add_all(Lane& other) {
    for (auto& line : other.filled()) {
        add(line);
    }
    other.clear();
}

std::span<Line> Lane::filled() noexcept {
    return {filling_.lines.data(), filling_.count};
}

void Lane::clear() noexcept {
    filling_.count = 0;
}

base::Result<void> Lane::stage(bool is_by_stock_row) {
    auto& ordered = filling_.ordered;
    ordered.clear();
    for (const auto& line : filled()) {
        if (line.number != 0) {
            ordered.push_back(&line);
        }
    }
    if (is_by_stock_row) {
        sort_by_stock_row(ordered);
    }
    if (auto finished = finish(); !finished) {
        return finished;
    }
    std::swap(filling_, in_hand_);
    clear();
    if (in_hand_.ordered.empty()) {
        return {};
    }
    const auto staged = applier_->stage(connection_, in_hand_.ordered);
    state_ = staged ? State::kStaged : State::kNotStaged;
    return {};
}

base::Result<void> Lane::send() {
    const auto state = std::exchange(state_, State::kIdle);
    if (state == State::kNotStaged) {
        return apply_now(in_hand_.ordered);
    }
    if (state == State::kIdle) {
        return {};
    }
    if (auto sent = applier_->send(connection_); !sent) {
        return sent;
    }
    state_ = State::kApplying;
    return {};
}

base::Result<void> Lane::finish() {
    if (state_ != State::kApplying) {
        return {};
    }
    state_ = State::kIdle;
    auto result = applier_->finish(connection_);
    if (result) {
        book(std::move(*result));
        return {};
    }
    if (is_passing(result.error()) || applier_->is_about_data(result.error())) {
        return apply_now(in_hand_.ordered);
    }
    return result.error();
}

base::Result<BatchResult> Lane::try_once(std::span<const Line* const> lines) {
    if (auto staged = applier_->stage(connection_, lines); !staged) {
        return staged.error();
    }
    if (auto sent = applier_->send(connection_); !sent) {
        return sent.error();
    }
    return applier_->finish(connection_);
}

base::Result<void> Lane::apply_now(std::span<const Line* const> lines) {
    for (int attempt = 1;; ++attempt) {
        auto result = try_once(lines);
        if (result) {
            book(std::move(*result));
            return {};
        }
        if (is_passing(result.error()) && attempt < kAttempts) {
            std::this_thread::sleep_for(
                std::chrono::milliseconds(1U << static_cast<unsigned>(std::min(attempt, 9)))
            );
            continue;
        }
        if (!applier_->is_about_data(result.error())) {
            return result.error();
        }
        if (lines.size() == 1) {
            total_->rejected.push_back({lines.front()->number, reason_of(result.error())});
            return {};
        }
        const auto half = lines.size() / 2;
        if (auto first = apply_now(lines.first(half)); !first) {
            return first;
        }
        return apply_now(lines.subspan(half));
    }
}

void Lane::book(BatchResult result) {
    total_->applied += result.applied;
    total_->already += result.already;
    std::move(result.rejected.begin(), result.rejected.end(), std::back_inserter(total_->rejected));
}

}  // namespace stockd::importer
