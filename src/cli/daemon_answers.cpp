#include "cli/daemon_answers.hpp"

#include "cli/output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <charconv>
#include <string_view>
#include <system_error>

namespace stockd::cli {

namespace json = boost::json;

namespace {

base::Error not_stockd(const std::string& server) {
    return {
        base::ErrorCode::kIo,
        "what answers at " + server + " is not stockd",
        {},
        "Name stockd's address with --server.",
        {}};
}

base::ErrorCode code_of_status(unsigned status) {
    switch (status) {
        case 400:
            return base::ErrorCode::kInvalidArgument;
        case 404:
            return base::ErrorCode::kNotFound;
        case 503:
            return base::ErrorCode::kUnavailable;
        case 504:
            return base::ErrorCode::kTimeout;
        default:
            return base::ErrorCode::kInternal;
    }
}

std::string text_field(const json::object& object, std::string_view name) {
    const auto* field = object.if_contains(name);
    const auto* text = field == nullptr ? nullptr : field->if_string();
    return text == nullptr ? std::string{} : std::string(*text);
}

/// The body of a success as an object.
base::Result<json::object> parse_body(const HttpAnswer& answer, const std::string& server) {
    json::error_code error;
    auto body = json::parse(answer.body, error);
    if (error || !body.is_object()) {
        return not_stockd(server);
    }
    return std::move(body.as_object());
}

}  // namespace

base::Error problem_of(const HttpAnswer& answer, const std::string& server) {
    json::error_code ignored;
    const auto body = json::parse(answer.body, ignored);
    const auto* object = ignored ? nullptr : body.if_object();
    const auto message = object == nullptr ? std::string{} : text_field(*object, "error");
    if (message.empty()) {
        auto error = not_stockd(server);
        error.detail = "It answered " + std::to_string(answer.status) + ".";
        return error;
    }
    return {
        code_of_status(answer.status),
        printable(message),
        printable(text_field(*object, "detail")),
        printable(text_field(*object, "hint")),
        {}};
}

base::Result<Products> products_of(const HttpAnswer& answer, const std::string& server) {
    const auto body = parse_body(answer, server);
    const auto* products = body ? body->if_contains("products") : nullptr;
    const auto* unknown = body ? body->if_contains("unknown") : nullptr;
    if (products == nullptr || !products->is_object() || unknown == nullptr ||
        !unknown->is_array()) {
        return not_stockd(server);
    }
    Products out;
    for (const auto& [sku, value] : products->get_object()) {
        auto product = parse_product(value);
        if (!product) {
            return product.error();
        }
        out.known.push_back(std::move(*product));
    }
    for (const auto& sku : unknown->get_array()) {
        out.unknown.emplace_back(
            sku.is_string() ? std::string_view(sku.get_string()) : std::string_view{}
        );
    }
    out.position = answer.header("stockd-position");
    return out;
}

base::Result<Page> page_of(const HttpAnswer& answer, const std::string& server) {
    const auto body = parse_body(answer, server);
    const auto* products = body ? body->if_contains("products") : nullptr;
    if (products == nullptr || !products->is_array()) {
        return not_stockd(server);
    }
    Page page;
    page.position = answer.header("stockd-position");
    for (const auto& value : products->get_array()) {
        auto product = parse_product(value);
        if (!product) {
            return product.error();
        }
        page.products.push_back(std::move(*product));
    }
    if (auto next = text_field(*body, "nextCursor"); !next.empty()) {
        page.next_cursor = std::move(next);
    }
    return page;
}

std::optional<AdminStatus> admin_status_of(const HttpAnswer& answer) {
    const auto body = parse_body(answer, {});
    if (answer.status != 200 || !body) {
        return std::nullopt;
    }
    AdminStatus out;
    out.state = text_field(*body, "state");
    out.incarnation = text_field(*body, "incarnation");
    const auto* rings = body->if_contains("rings");
    if (out.state.empty() || rings == nullptr || !rings->is_int64()) {
        return std::nullopt;
    }
    out.rings = rings->get_int64();
    return out;
}

std::optional<Readiness> readiness_of(const HttpAnswer& answer) {
    const auto body = parse_body(answer, {});
    const auto* ready = body ? body->if_contains("ready") : nullptr;
    const auto* reasons = body ? body->if_contains("reasons") : nullptr;
    if (ready == nullptr || !ready->is_bool() || reasons == nullptr || !reasons->is_array()) {
        return std::nullopt;
    }
    Readiness out;
    out.is_ready = ready->get_bool() && answer.status == 200;
    for (const auto& reason : reasons->get_array()) {
        if (reason.is_string()) {
            out.reasons.push_back(printable(std::string_view(reason.get_string())));
        }
    }
    return out;
}

base::Result<Statistics> statistics_of(const HttpAnswer& answer, const std::string& server) {
    const auto body = parse_body(answer, server);
    const auto* stats = body ? body->if_contains("stats") : nullptr;
    if (stats == nullptr || !stats->is_object()) {
        return not_stockd(server);
    }
    Statistics out;
    out.body = *stats;
    out.position = answer.header("stockd-position");
    out.is_stale = answer.header("stockd-stale") == "true";
    const auto age = answer.header("stockd-age-ms");
    std::int64_t age_ms = 0;
    if (std::from_chars(age.data(), age.data() + age.size(), age_ms).ec == std::errc{}) {
        out.age_ms = age_ms;
    }
    return out;
}

}  // namespace stockd::cli
