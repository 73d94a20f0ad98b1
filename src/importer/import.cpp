#include "importer/import.hpp"

#include "importer/catalog.hpp"
#include "importer/codes.hpp"
#include "importer/file_source.hpp"
#include "importer/identity.hpp"
#include "importer/rejects.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>

namespace stockd::importer {

namespace {

/// Chosen: a batch that meets others' locks is tried again this often, with a growing pause.
constexpr int kAttempts = 12;

bool is_passing(const base::Error& error) {
    return error.sqlstate == "40001" || error.sqlstate == "40P01" || error.sqlstate == "55P03";
}

/// An error that some line of the batch is to blame for, not the database.
bool is_about_data(const base::Error& error) {
    const auto cls = std::string_view(error.sqlstate).substr(0, 2);
    return cls == "22" || cls == "23" || cls == "54" || error.sqlstate == "SD006";
}

std::string reason_of(const base::Error& error) {
    return error.detail.empty() ? error.message : error.message + " (" + error.detail + ")";
}

/// A connection and the batch that it has in hand.
struct Lane {
    pg::Connection connection;
    std::vector<Line> lines;  ///< kept from batch to batch, for their strings
    std::size_t count = 0;
    std::vector<const Line*> ordered;
    bool is_applying = false;
};

class Run {
  public:
    Run(const std::string& conninfo, const Spec& spec, const Hooks& hooks)
        : conninfo_(conninfo),
          spec_(spec),
          hooks_(hooks),
          codes_(spec.create_missing && !spec.dry_run) {
        summary_.target = spec.target;
        summary_.file = spec.file;
        summary_.is_dry_run = spec.dry_run;
    }

    base::Result<Summary> run();

  private:
    [[nodiscard]] base::Result<void> open();
    [[nodiscard]] base::Result<pg::Connection> connect() const;
    [[nodiscard]] base::Result<void> work();
    [[nodiscard]] base::Result<bool> collect(Lane& lane);
    [[nodiscard]] base::Result<void> take(Lane& lane, Lane& other);
    [[nodiscard]] base::Result<void> finish(Lane& lane);
    [[nodiscard]] base::Result<void> apply_now(Lane& lane, std::span<const Line* const> lines);
    [[nodiscard]] base::Result<BatchResult> try_once(
        Lane& lane, std::span<const Line* const> lines
    );
    void order(Lane& lane) const;
    void book(BatchResult result);
    void report() const;
    [[nodiscard]] base::Result<void> conclude();

    const std::string& conninfo_;
    const Spec& spec_;
    const Hooks& hooks_;
    Summary summary_;
    Codes codes_;
    std::string hash_;
    std::unique_ptr<FileSource> source_;
    std::unique_ptr<csv::Reader> reader_;
    std::unique_ptr<Mapper> mapper_;
    std::unique_ptr<BatchApplier> applier_;
    CatalogApplier* catalog_ = nullptr;
    LineRanges applied_before_;
    std::vector<Lane> lanes_;
};

base::Result<pg::Connection> Run::connect() const {
    auto connection = pg::Connection::connect(conninfo_, "stockctl import");
    if (!connection) {
        return connection;
    }
    const auto zone =
        connection->exec("select set_config('TimeZone', $1, false)", {spec_.time_zone});
    if (!zone) {
        return base::Error{
            zone.error().code,
            "\"" + spec_.time_zone + "\" is no time zone that the database knows",
            {},
            {},
            zone.error().sqlstate};
    }
    return connection;
}

/// The heading first, because it is what people get wrong; then the whole file for its hash.
base::Result<void> Run::open() {
    auto source = FileSource::open(spec_.file);
    if (!source) {
        return source.error();
    }
    source_ = std::move(*source);
    reader_ = std::make_unique<csv::Reader>(*source_, spec_.csv);
    const auto in_file = [&](base::Error error) {
        error.message = spec_.file + ": " + error.message;
        return error;
    };
    const auto heading = reader_->next();
    if (!heading) {
        return heading.error();
    }
    if (*heading == csv::Step::kEnd) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            spec_.file + " is empty: it has not even a heading",
            {},
            {},
            {}};
    }
    if (*heading == csv::Step::kBad) {
        return base::Error{
            base::ErrorCode::kInvalidArgument,
            spec_.file + ": the heading cannot be read: " + reader_->problem(),
            {},
            {},
            {}};
    }
    auto mapper = Mapper::make(spec_, reader_->fields());
    if (!mapper) {
        return in_file(mapper.error());
    }
    mapper_ = std::make_unique<Mapper>(std::move(*mapper));
    auto hash = hash_content(spec_.file);
    if (!hash) {
        return hash.error();
    }
    hash_ = std::move(*hash);
    return {};
}

base::Result<Summary> Run::run() {
    const auto started = std::chrono::steady_clock::now();
    if (auto opened = open(); !opened) {
        return opened.error();
    }
    for (int i = 0; i < 2; ++i) {
        auto connection = connect();
        if (!connection) {
            return connection.error();
        }
        lanes_.push_back(Lane{std::move(*connection), {}, 0, {}, false});
    }
    auto identity = spec_.dry_run ? look_back(lanes_[0].connection, spec_, hash_)
                                  : begin_import(lanes_[0].connection, spec_, *mapper_, hash_);
    if (!identity) {
        return identity.error();
    }
    applied_before_ = std::move(identity->applied_before);
    if (spec_.target == Target::kProducts || spec_.target == Target::kStores) {
        auto catalog = std::make_unique<CatalogApplier>(spec_, *mapper_, std::move(identity->key));
        catalog_ = catalog.get();
        applier_ = std::move(catalog);
    } else {
        applier_ =
            std::make_unique<StagedApplier>(spec_, *mapper_, std::move(identity->key), codes_);
    }
    if (auto worked = work(); !worked) {
        return worked.error();
    }
    if (auto concluded = conclude(); !concluded) {
        return concluded.error();
    }
    summary_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return std::move(summary_);
}

base::Result<void> Run::work() {
    for (std::size_t turn = 0;; turn = 1 - turn) {
        auto& lane = lanes_[turn];
        auto& other = lanes_[1 - turn];
        summary_.is_cancelled = hooks_.is_cancelled();
        const auto more = summary_.is_cancelled ? base::Result<bool>(false) : collect(lane);
        if (!more || !*more) {
            auto finished = finish(other);
            if (!more) {
                return more.error();
            }
            if (!finished) {
                return finished;
            }
            report();
            return {};
        }
        if (auto taken = take(lane, other); !taken) {
            return taken;
        }
        report();
    }
}

/// Reads lines until the batch is full. False at the end of the file.
base::Result<bool> Run::collect(Lane& lane) {
    lane.count = 0;
    std::uint64_t read = 0;
    // Bad lines count too, so that progress is seen and the batch ends even in a file of nothing
    // else.
    for (; read < spec_.batch_lines; ++read) {
        const auto step = reader_->next();
        if (!step) {
            return step.error();
        }
        if (*step == csv::Step::kEnd) {
            break;
        }
        ++summary_.lines;
        const auto number = reader_->line();
        if (*step == csv::Step::kBad) {
            summary_.rejected.push_back({number, reader_->problem()});
            continue;
        }
        if (lane.count == lane.lines.size()) {
            lane.lines.emplace_back();
        }
        auto& line = lane.lines[lane.count];
        const auto outcome = mapper_->map(reader_->fields(), line);
        if (outcome == Mapper::Outcome::kSkipped) {
            auto& skipped = summary_.skipped[mapper_->reason()];
            ++skipped.lines;
            if (__builtin_add_overflow(
                    skipped.quantity, mapper_->skipped_quantity(), &skipped.quantity
                )) {
                skipped.quantity = std::numeric_limits<std::int64_t>::max();
            }
        } else if (applied_before_.contains(number)) {
            ++summary_.already;
        } else if (outcome == Mapper::Outcome::kRejected) {
            summary_.rejected.push_back({number, mapper_->reason()});
        } else {
            line.number = number;
            ++lane.count;
        }
    }
    return read > 0;
}

void Run::order(Lane& lane) const {
    lane.ordered.clear();
    for (std::size_t i = 0; i < lane.count; ++i) {
        if (lane.lines[i].number != 0) {
            lane.ordered.push_back(&lane.lines[i]);
        }
    }
    if (catalog_ == nullptr) {
        // As the database applies them: its sorts find them sorted.
        std::sort(lane.ordered.begin(), lane.ordered.end(), [](const Line* a, const Line* b) {
            return std::tie(a->store_id, a->product_id, a->number) <
                   std::tie(b->store_id, b->product_id, b->number);
        });
    }
}

/// Stages the batch of `lane` while `other` still applies the one before, then lets it follow.
base::Result<void> Run::take(Lane& lane, Lane& other) {
    const std::span<Line> lines{lane.lines.data(), lane.count};
    if (auto prepared = applier_->prepare(lane.connection, lines, summary_.rejected); !prepared) {
        (void)finish(other);
        return prepared;
    }
    order(lane);
    if (spec_.dry_run) {
        summary_.applied += static_cast<std::int64_t>(lane.ordered.size());
        return {};
    }
    if (lane.ordered.empty()) {
        return finish(other);
    }
    if (catalog_ != nullptr) {
        // Edits of the catalog lock its rows from the start, so they cannot overlap.
        if (auto finished = finish(other); !finished) {
            return finished;
        }
        return apply_now(lane, lane.ordered);
    }
    const auto staged = applier_->stage(lane.connection, lane.ordered);
    if (auto finished = finish(other); !finished) {
        return finished;
    }
    if (!staged) {
        return apply_now(lane, lane.ordered);
    }
    if (auto sent = applier_->send(lane.connection); !sent) {
        return sent;
    }
    lane.is_applying = true;
    return {};
}

/// Waits for what the lane applies, if anything. A batch that failed is tried again, in parts where
/// a line is to blame.
base::Result<void> Run::finish(Lane& lane) {
    if (!lane.is_applying) {
        return {};
    }
    lane.is_applying = false;
    auto result = applier_->finish(lane.connection);
    if (result) {
        book(std::move(*result));
        return {};
    }
    if (is_passing(result.error()) || is_about_data(result.error())) {
        return apply_now(lane, lane.ordered);
    }
    return result.error();
}

base::Result<BatchResult> Run::try_once(Lane& lane, std::span<const Line* const> lines) {
    if (auto staged = applier_->stage(lane.connection, lines); !staged) {
        return staged.error();
    }
    if (auto sent = applier_->send(lane.connection); !sent) {
        return sent.error();
    }
    return applier_->finish(lane.connection);
}

base::Result<void> Run::apply_now(Lane& lane, std::span<const Line* const> lines) {
    for (int attempt = 1;; ++attempt) {
        auto result = try_once(lane, lines);
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
        if (!is_about_data(result.error())) {
            return result.error();
        }
        if (lines.size() == 1) {
            summary_.rejected.push_back({lines.front()->number, reason_of(result.error())});
            return {};
        }
        const auto half = lines.size() / 2;
        if (auto first = apply_now(lane, lines.first(half)); !first) {
            return first;
        }
        return apply_now(lane, lines.subspan(half));
    }
}

void Run::book(BatchResult result) {
    summary_.applied += result.applied;
    summary_.already += result.already;
    std::move(
        result.rejected.begin(), result.rejected.end(), std::back_inserter(summary_.rejected)
    );
}

void Run::report() const {
    hooks_.on_progress(
        {spec_.file,
         source_->position(),
         source_->size(),
         summary_.lines,
         summary_.applied,
         summary_.rejected.size()}
    );
}

base::Result<void> Run::conclude() {
    summary_.created_products = codes_.created_products();
    summary_.created_stores = codes_.created_stores();
    if (catalog_ != nullptr) {
        (spec_.target == Target::kProducts ? summary_.created_products : summary_.created_stores) =
            catalog_->created();
        summary_.changed = catalog_->changed();
    }
    std::sort(
        summary_.rejected.begin(),
        summary_.rejected.end(),
        [](const Rejected& a, const Rejected& b) { return a.line < b.line; }
    );
    if (summary_.rejected.empty() || spec_.dry_run) {
        return {};
    }
    summary_.rejects_file =
        spec_.rejects_file.empty() ? default_rejects_file(spec_.file) : spec_.rejects_file;
    return write_rejects(spec_, summary_.rejects_file, summary_.rejected);
}

}  // namespace

std::uint64_t Summary::skipped_lines() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& [name, one] : skipped) {
        sum += one.lines;
    }
    return sum;
}

base::Result<Summary> run(const std::string& conninfo, const Spec& spec, const Hooks& hooks) {
    Run run{conninfo, spec, hooks};
    return run.run();
}

}  // namespace stockd::importer
