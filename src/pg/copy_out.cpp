#include "pg/copy_out.hpp"

namespace stockd::pg {

base::Result<std::int64_t> copy_out(
    Connection& connection,
    const std::string& copy_sql,
    const std::function<bool(std::string_view)>& take
) {
    PGconn* const handle = connection.get();
    {
        const Rows begun{PQexec(handle, copy_sql.c_str())};
        if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) {
            return error_of(begun.get(), handle);
        }
    }
    std::int64_t taken = 0;
    char* bytes = nullptr;
    int length = 0;
    while ((length = PQgetCopyData(handle, &bytes, 0)) > 0) {
        const std::unique_ptr<char, decltype(&PQfreemem)> row{bytes, &PQfreemem};
        if (!take({row.get(), static_cast<std::size_t>(length)})) {
            return taken;
        }
        ++taken;
    }
    if (length == -2) {
        return error_of(handle);
    }
    std::optional<base::Error> failure;
    while (PGresult* raw = PQgetResult(handle)) {
        const Rows rows{raw};
        if (PQresultStatus(raw) != PGRES_COMMAND_OK) {
            failure = error_of(raw, handle);
        }
    }
    if (failure) {
        return *failure;
    }
    return taken;
}

}  // namespace stockd::pg
