#include "pg/binary.hpp"
#include "source/beside.hpp"
#include "source/copy_reader.hpp"
#include "source/loop.hpp"
#include "source/session.hpp"
#include "source/statements.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

/// A load's tables, read by COPY. Of a large stock table two connections read a part each, of one
/// snapshot: a backend takes twice as long to send a row as the follower to take it.
namespace stockd::source {

namespace net = boost::asio;
using std::chrono::steady_clock;

namespace {

std::optional<std::int64_t> integer(const std::optional<std::string_view>& field) {
    return field ? pg::binary_integer<std::int64_t>(*field) : std::nullopt;
}

std::optional<bool> truth(const std::optional<std::string_view>& field) {
    return field ? pg::binary_bool(*field) : std::nullopt;
}

std::optional<base::Timestamp> timestamp(const std::optional<std::string_view>& field) {
    return field ? pg::binary_timestamp(*field) : std::nullopt;
}

bool add_store(change::LoadSink& rows, const CopyReader::Row& row) {
    const auto store = integer(row[0]);
    const auto active = truth(row[3]);
    if (!store || !row[1] || !row[2] || !active) {
        return false;
    }
    rows.add_store({{*store}, std::string(*row[1]), std::string(*row[2]), *active});
    return true;
}

bool add_product(change::LoadSink& rows, const CopyReader::Row& row) {
    const auto product = integer(row[0]);
    const auto pieces = integer(row[3]);
    const auto packs = integer(row[4]);
    const auto updated_at = timestamp(row[5]);
    const auto active = truth(row[6]);
    if (!product || !row[1] || !row[2] || !pieces || !packs || !updated_at || !active) {
        return false;
    }
    rows.add_product(
        {{*product},
         std::string(*row[1]),
         std::string(*row[2]),
         *pieces,
         *packs,
         *updated_at,
         *active}
    );
    return true;
}

bool add_stock(change::LoadSink& rows, const CopyReader::Row& row) {
    const auto store = integer(row[0]);
    const auto product = integer(row[1]);
    const auto on_hand = integer(row[2]);
    const auto reserved = integer(row[3]);
    const auto threshold = integer(row[4]);
    const auto version = integer(row[5]);
    const auto updated_at = timestamp(row[6]);
    const auto allow_negative = truth(row[7]);
    if (!store || !product || !on_hand || !reserved || !threshold || !version || !updated_at ||
        !allow_negative) {
        return false;
    }
    rows.add_stock(
        {{*store},
         {*product},
         *on_hand,
         *reserved,
         *threshold,
         *version,
         *updated_at,
         *allow_negative}
    );
    return true;
}

/// Stock rows in the table's blocks from `from`, and before `to`.
std::string stock_in_blocks(std::int64_t from, std::optional<std::int64_t> to) {
    // Wherever the blocks are parted, each row is in one part.
    std::string blocks = " where ctid >= '(" + std::to_string(from) + ",0)'";
    if (to) {
        blocks += " and ctid < '(" + std::to_string(*to) + ",0)'";
    }
    return std::string{sql::kCopyStockBegin} + blocks + sql::kCopyEnd;
}

/// As the server names them; it is put into a statement that takes no parameters.
bool is_snapshot_name(std::string_view name) {
    return !name.empty() && name.find_first_not_of("0123456789ABCDEF-") == std::string_view::npos;
}

}  // namespace

struct Follower::Loop::LoadedTable {
    std::size_t columns;
    bool (*add)(change::LoadSink&, const CopyReader::Row&);
    std::int64_t Counts::*count;
};

Follower::Loop::Task<> Follower::Loop::copy_tables(std::shared_ptr<Load> load) {
    constexpr LoadedTable kStores{4, add_store, &Counts::stores};
    constexpr LoadedTable kProducts{7, add_product, &Counts::products};
    constexpr LoadedTable kStock{8, add_stock, &Counts::stock_rows};
    const auto deadline = steady_clock::now() + options_.load_timeout;
    auto parted = co_await part_stock(load, deadline);
    if (!parted) {
        co_return parted.error();
    }
    const std::int64_t second_takes = *parted;
    net::steady_timer second_over{io_, base::SteadyTime::max()};
    bool second_runs = second_takes > 0;
    std::optional<base::Error> failed;
    // The first failure is the one that is told; the other connection would go on in vain.
    const auto take = [&](const base::Result<void>& copied) {
        if (!copied && !failed) {
            failed = copied.error();
            load->abort();
        }
    };
    if (second_runs) {
        net::co_spawn(
            io_,
            copy_table(load, load->second, kStock, stock_in_blocks(0, second_takes), deadline),
            [&](const std::exception_ptr& failure, const base::Result<void>& copied) {
                take(
                    failure ? base::Result<void>{base::Error{
                                  base::ErrorCode::kInternal,
                                  "the load ended with an exception",
                                  {},
                                  {},
                                  {}}}
                            : copied
                );
                load->second.close();
                second_runs = false;
                second_over.cancel();
            }
        );
    }
    try {
        take(co_await copy_table(load, load->connection, kStores, sql::kCopyStores, deadline));
        if (!failed) {
            take(
                co_await copy_table(load, load->connection, kProducts, sql::kCopyProducts, deadline)
            );
        }
        if (!failed) {
            auto rest = stock_in_blocks(second_takes, {});
            take(co_await copy_table(load, load->connection, kStock, std::move(rest), deadline));
        }
        if (!failed) {
            // The other one has the snapshot and its lock itself: nothing is idle in a transaction.
            auto committed = co_await load->connection.exec_script(sql::kCommit, deadline);
            take(committed ? base::Result<void>{} : base::Result<void>{committed.error()});
        }
    } catch (const std::exception& failure) {
        // Caught, because the other one still uses what is in this frame.
        take(base::Error{base::ErrorCode::kInternal, failure.what(), {}, {}, {}});
    }
    while (second_runs) {
        boost::system::error_code ignored;
        co_await second_over.async_wait(net::redirect_error(net::use_awaitable, ignored));
    }
    if (failed) {
        co_return std::move(*failed);
    }
    co_return base::Result<void>{};
}

Follower::Loop::Task<> Follower::Loop::copy_table(
    std::shared_ptr<Load> load,
    pg::AsyncConnection& connection,
    LoadedTable table,
    std::string statement,
    base::SteadyTime deadline
) {
    CopyReader reader{table.columns, [&load, &table](const CopyReader::Row& row) {
                          return table.add(*load->rows, row);
                      }};
    pg::AsyncConnection::CopyHandler take = [&reader](std::string_view bytes) {
        return reader.add(bytes);
    };
    auto copied = co_await connection.copy_out(std::move(statement), deadline, std::move(take));
    if (!copied) {
        co_return copied.error();
    }
    auto whole = reader.finish();
    if (!whole) {
        co_return whole.error();
    }
    load->counts.*table.count += reader.rows();
    co_return base::Result<void>{};
}

/// How many blocks of the stock table the second connection reads, from the first one on: so many
/// that both end together, for the first one reads the products, too. 0: the table is small, or the
/// second connection could not be had, and one reads everything. An error is the first one's.
Follower::Loop::Task<std::int64_t> Follower::Loop::part_stock(
    std::shared_ptr<Load> load, base::SteadyTime deadline
) {
    auto sizes = co_await load->connection.exec_script(sql::kLoadBlocks, deadline);
    if (!sizes) {
        co_return sizes.error();
    }
    const auto stock = sizes->integer(0, 0);
    const auto products = sizes->integer(0, 1);
    if (stock < options_.read_alone_blocks) {
        co_return 0;
    }
    auto exported = co_await load->connection.exec_script(sql::kExportSnapshot, deadline);
    if (!exported) {
        co_return exported.error();
    }
    const auto name = exported->text(0, 0);
    if (!is_snapshot_name(name)) {
        co_return 0;
    }
    auto opened = co_await open_second(load, std::string(name));
    if (!opened) {
        load->second.close();
        co_return 0;
    }
    co_return std::min(stock, (stock + products) / 2);
}

/// The second connection in the first one's snapshot, with a lock of its own.
Follower::Loop::Task<> Follower::Loop::open_second(
    std::shared_ptr<Load> load, std::string snapshot
) {
    auto& second = load->second;
    // The first one is idle meanwhile, so this may not take long.
    const auto soon = steady_clock::now() + options_.connect_timeout;
    auto opened = co_await open_beside(second, " load 2", load_settings(options_), soon);
    if (!opened) {
        co_return opened.error();
    }
    auto named = co_await second.exec_script(sql::kIncarnation, soon);
    if (!named) {
        co_return named.error();
    }
    if (named->text(0, 0) != incarnation_) {
        co_return base::Error{base::ErrorCode::kForeignIncarnation, "another database", {}, {}, {}};
    }
    // Without waiting for the lock: behind a TRUNCATE that waits for the first connection it would
    // wait for ever, because nobody knows that the first waits for the second.
    for (const auto& statement :
         {std::string{sql::kBeginRead},
          "set transaction snapshot '" + snapshot + "'",
          std::string{sql::kLockStockAtOnce}}) {
        auto done = co_await second.exec_script(statement, soon);
        if (!done) {
            co_return done.error();
        }
    }
    co_return base::Result<void>{};
}

}  // namespace stockd::source
