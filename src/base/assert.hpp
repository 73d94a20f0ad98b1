#pragma once

#include <cstdio>
#include <cstdlib>

/// A programmer's error ends the process, in release too: PostgreSQL is the truth, so a restart is
/// always safe. Never on input from users, network or database.
#define STOCKD_ASSERT(condition, why)                                                            \
    do {                                                                                         \
        if (!(condition)) [[unlikely]] {                                                         \
            std::fprintf(                                                                        \
                stderr, "%s:%d: assertion failed: %s: %s\n", __FILE__, __LINE__, #condition, why \
            );                                                                                   \
            std::abort();                                                                        \
        }                                                                                        \
    } while (false)
