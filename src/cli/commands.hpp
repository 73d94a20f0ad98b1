#pragma once

#include "cli/command.hpp"

namespace stockd::cli {

void add_bench(Registration& to);
void add_export(Registration& to);
void add_get(Registration& to);
void add_health(Registration& to);
void add_history(Registration& to);
void add_import(Registration& to);
void add_metrics(Registration& to);
void add_migrate(Registration& to);
/// Those that call an operation of the engine: receive, sell, return, adjust, set, reserve, ...
void add_operations(Registration& to);
void add_queue(Registration& to);
void add_status(Registration& to);
void add_verify(Registration& to);
void add_views(Registration& to);
void add_watch(Registration& to);

}  // namespace stockd::cli
