#include "importer/import.hpp"

#include "importer/catalog.hpp"
#include "importer/codes.hpp"
#include "importer/definitions.hpp"
#include "importer/identity.hpp"
#include "importer/lane.hpp"
#include "importer/line_reader.hpp"
#include "importer/rejects.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace stockd::importer {

namespace {

/// Chosen: the client keeps two busy.
constexpr std::size_t kLanes = 2;

/// How the lanes share the lines.
enum class Sharing : std::uint8_t {
    kStockRows,  ///< each has stock rows of its own, so that they apply at the same time
    kTurns,      ///< the next batch goes to the other lane: one stages while the other applies
    kOneLane,    ///< edits of the catalog lock its rows from the start, so they cannot overlap
};

Missing missing_of(const Spec& spec) {
    if (!spec.create_missing) {
        return Missing::kLeft;
    }
    return spec.dry_run ? Missing::kCounted : Missing::kMade;
}

class Run {
  public:
    Run(const std::string& conninfo, const Spec& spec, const Hooks& hooks)
        : conninfo_(conninfo),
          spec_(spec),
          hooks_(hooks),
          codes_(missing_of(spec)) {
        summary_.target = spec.target;
        summary_.file = spec.file;
        summary_.is_dry_run = spec.dry_run;
    }

    base::Result<Summary> run();

  private:
    [[nodiscard]] base::Result<pg::Connection> connect() const;
    /// False when it was cancelled while another run of the same file went on.
    [[nodiscard]] base::Result<bool> open();
    void choose_applier(ImportKey key);
    [[nodiscard]] base::Result<void> work();
    [[nodiscard]] base::Result<bool> fill(std::size_t turn);
    [[nodiscard]] std::size_t lane_of(const Line& line, std::size_t turn);
    [[nodiscard]] base::Result<void> take(std::size_t turn);
    [[nodiscard]] base::Result<void> finish();
    void report() const;
    [[nodiscard]] base::Result<void> conclude();

    const std::string& conninfo_;
    const Spec& spec_;
    const Hooks& hooks_;
    Summary summary_;
    Codes codes_;
    std::optional<LineReader> reader_;
    std::optional<pg::Connection> connection_;  ///< looks up codes; the run lasts as long as it
    std::unique_ptr<BatchApplier> applier_;
    CatalogApplier* catalog_ = nullptr;
    Sharing sharing_ = Sharing::kStockRows;
    BatchResult total_;
    std::vector<Lane> lanes_;
    std::string last_store_;
    std::size_t last_store_hash_ = std::hash<std::string_view>{}({});
    bool has_taken_ = false;
    Line line_;
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

base::Result<bool> Run::open() {
    auto reader = LineReader::open(spec_);
    if (!reader) {
        return reader.error();
    }
    reader_.emplace(std::move(*reader));
    auto connection = connect();
    if (!connection) {
        return connection.error();
    }
    connection_.emplace(std::move(*connection));
    if (!spec_.dry_run) {
        auto claimed = claim_file(*connection_, spec_, reader_->hash(), hooks_.is_cancelled);
        if (!claimed || !*claimed) {
            return claimed;
        }
    }
    auto identity = spec_.dry_run
                        ? look_back(*connection_, spec_, reader_->hash())
                        : begin_import(*connection_, spec_, reader_->mapper(), reader_->hash());
    if (!identity) {
        return identity.error();
    }
    reader_->leave_out(std::move(identity->applied_before));
    choose_applier(std::move(identity->key));
    for (std::size_t i = 0; i < kLanes; ++i) {
        auto lane = connect();
        if (!lane) {
            return lane.error();
        }
        lanes_.emplace_back(std::move(*lane), *applier_, total_);
    }
    return true;
}

void Run::choose_applier(ImportKey key) {
    const auto& mapper = reader_->mapper();
    if (spec_.target == Target::kProducts || spec_.target == Target::kStores) {
        auto catalog = std::make_unique<CatalogApplier>(spec_, mapper, std::move(key));
        catalog_ = catalog.get();
        applier_ = std::move(catalog);
        sharing_ = Sharing::kOneLane;
        return;
    }
    applier_ = std::make_unique<StagedApplier>(spec_, mapper, std::move(key), codes_);
    // Of lines with the same id the first one counts, whatever stock rows they name; and a purchase
    // names several.
    sharing_ = mapper.uses(Field::kId) || spec_.target == Target::kLots ? Sharing::kTurns
                                                                        : Sharing::kStockRows;
}

base::Result<Summary> Run::run() {
    const auto started = std::chrono::steady_clock::now();
    const auto opened = open();
    if (!opened) {
        return opened.error();
    }
    summary_.is_cancelled = !*opened;
    if (*opened) {
        if (auto worked = work(); !worked) {
            return worked.error();
        }
    }
    if (auto concluded = conclude(); !concluded) {
        return concluded.error();
    }
    summary_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return std::move(summary_);
}

base::Result<void> Run::work() {
    for (std::size_t turn = 0;; turn = (turn + 1) % kLanes) {
        summary_.is_cancelled = hooks_.is_cancelled();
        const auto more = summary_.is_cancelled ? base::Result<bool>(false) : fill(turn);
        if (!more || !*more) {
            auto finished = finish();
            if (!more) {
                return more.error();
            }
            report();
            return finished;
        }
        if (auto taken = take(turn); !taken) {
            return taken;
        }
        report();
    }
}

std::size_t Run::lane_of(const Line& line, std::size_t turn) {
    switch (sharing_) {
        case Sharing::kOneLane:
            return 0;
        case Sharing::kTurns:
            return turn;
        case Sharing::kStockRows:
            break;
    }
    const std::hash<std::string_view> hash;
    // Most files are of one store, or of one store after the other.
    if (line.text(Field::kStore) != last_store_) {
        last_store_ = line.text(Field::kStore);
        last_store_hash_ = hash(last_store_);
    }
    return (last_store_hash_ + hash(line.text(Field::kSku))) % kLanes;
}

/// Reads lines until a batch is full. False at the end of the file.
base::Result<bool> Run::fill(std::size_t turn) {
    const std::size_t lines_at_most =
        spec_.batch_lines * (sharing_ == Sharing::kStockRows ? kLanes : 1);
    // Bad lines count too, so that progress is seen and the batch ends even in a file of nothing
    // else.
    for (std::size_t read = 0; read < lines_at_most; ++read) {
        const auto step = reader_->next(line_, summary_);
        if (!step) {
            return step.error();
        }
        if (*step == LineReader::Step::kEnd) {
            // What fits in one transaction is one.
            if (!has_taken_ &&
                lanes_[0].filled().size() + lanes_[1].filled().size() <= spec_.batch_lines) {
                lanes_[0].add_all(lanes_[1]);
            }
            return read > 0;
        }
        if (*step == LineReader::Step::kLine) {
            auto& lane = lanes_[lane_of(line_, turn)];
            lane.add(line_);
            if (lane.filled().size() == spec_.batch_lines) {
                break;
            }
        }
    }
    return true;
}

/// Has the lanes apply what they were filled with.
base::Result<void> Run::take(std::size_t turn) {
    has_taken_ = true;
    for (auto& lane : lanes_) {
        if (auto prepared = applier_->prepare(*connection_, lane.filled(), summary_.rejected);
            !prepared) {
            (void)finish();
            return prepared;
        }
        if (spec_.dry_run) {
            const auto lines = lane.filled();
            summary_.applied += std::count_if(lines.begin(), lines.end(), [](const Line& line) {
                return line.number != 0;
            });
            lane.clear();
        }
    }
    for (auto& lane : lanes_) {
        if (lane.filled().empty()) {
            continue;
        }
        if (auto staged = lane.stage(sharing_ != Sharing::kOneLane); !staged) {
            return staged;
        }
        if (sharing_ == Sharing::kTurns) {
            if (auto finished = lanes_[(turn + 1) % kLanes].finish(); !finished) {
                return finished;
            }
        }
        if (auto sent = lane.send(); !sent) {
            return sent;
        }
    }
    return sharing_ == Sharing::kOneLane ? finish() : base::Result<void>{};
}

base::Result<void> Run::finish() {
    base::Result<void> result;
    for (auto& lane : lanes_) {
        if (auto finished = lane.finish(); !finished && result) {
            result = finished;
        }
    }
    return result;
}

void Run::report() const {
    hooks_.on_progress(
        {spec_.file,
         reader_->position(),
         reader_->size(),
         summary_.lines,
         summary_.applied + total_.applied,
         summary_.rejected.size() + total_.rejected.size()}
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
    summary_.applied += total_.applied;
    summary_.already += total_.already;
    std::move(
        total_.rejected.begin(), total_.rejected.end(), std::back_inserter(summary_.rejected)
    );
    return file_rejects(spec_, summary_);
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
    if (auto checked = check_rejects_file(spec); !checked) {
        return checked.error();
    }
    if (is_definition(spec.target)) {
        return run_definitions(conninfo, spec, hooks);
    }
    Run run{conninfo, spec, hooks};
    return run.run();
}

}  // namespace stockd::importer
