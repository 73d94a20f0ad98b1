/// What comes back from the address that stockctl asked: it may be anybody's. The whole input is
/// also tried as the body of a success, so that a run need not find the way through headers first.
#include "cli/daemon_answers.hpp"
#include "cli/http_response.hpp"
#include "cli/product.hpp"
#include "target.hpp"

#include <algorithm>
#include <string>

namespace cli = stockd::cli;
namespace fuzz = stockd::fuzz;
namespace beast = boost::beast;

namespace {

struct Outcome {
    bool is_answer = false;
    cli::HttpAnswer answer;
};

/// Gives the parser what is there. False: it wants no more, by an error or because it is done.
bool feed(cli::ResponseParser& parser, std::string_view bytes, std::size_t& used) {
    // It stops behind the headers, so what is there may need a second go.
    while (used < bytes.size() && !parser.is_done()) {
        beast::error_code error;
        const auto taken = parser.put({bytes.data() + used, bytes.size() - used}, error);
        used += taken;
        if (error && error != beast::http::error::need_more) {
            return false;
        }
        if (error || taken == 0) {
            return true;
        }
    }
    return !parser.is_done();
}

Outcome read(std::string_view bytes, fuzz::Cuts* cuts) {
    cli::ResponseParser parser;
    cli::prepare(parser);
    std::size_t used = 0;
    std::size_t there = 0;
    bool goes_on = true;
    while (goes_on && there < bytes.size()) {
        there = cuts == nullptr ? bytes.size() : std::min(bytes.size(), there + cuts->next());
        goes_on = feed(parser, bytes.substr(0, there), used);
    }
    beast::error_code error;
    if (goes_on && parser.got_some()) {
        parser.put_eof(error);  // the server closed the connection
    }
    if (error || !parser.is_done()) {
        return {};
    }
    return {true, cli::take_answer(parser)};
}

void check_product(const cli::Product& product) {
    fuzz::require(fuzz::is_harmless(cli::render(product)), "a terminal may show a product");
    fuzz::require(!cli::describe_breakdown(product).empty(), "a breakdown says something");
    const auto again = cli::parse_product(cli::to_json(product));
    fuzz::require(
        again && cli::to_json(*again) == cli::to_json(product), "a product comes back as it went"
    );
}

void check_answer(const cli::HttpAnswer& answer) {
    fuzz::require(answer.status <= 999, "a status has three digits");
    for (const auto& [name, value] : answer.headers) {
        fuzz::require(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
        fuzz::require(answer.header(name) == value, "a header is found");
    }
    const auto problem = cli::problem_of(answer, "host:1");
    fuzz::require(!problem.message.empty(), "a problem says something");
    for (const auto* text : {&problem.message, &problem.detail, &problem.hint}) {
        fuzz::require(fuzz::is_harmless(*text), "a terminal may show a problem");
    }
    if (const auto products = cli::products_of(answer, "host:1")) {
        std::for_each(products->known.begin(), products->known.end(), check_product);
    }
    if (const auto page = cli::page_of(answer, "host:1")) {
        std::for_each(page->products.begin(), page->products.end(), check_product);
        fuzz::require(!page->next_cursor || !page->next_cursor->empty(), "a cursor is text");
    }
    if (const auto statistics = cli::statistics_of(answer, "host:1")) {
        fuzz::require(statistics->body.is_object(), "statistics are fields");
    }
    if (const auto readiness = cli::readiness_of(answer)) {
        for (const auto& reason : readiness->reasons) {
            fuzz::require(fuzz::is_harmless(reason), "a terminal may show why it is not ready");
        }
    }
    if (const auto status = cli::admin_status_of(answer)) {
        fuzz::require(!status->state.empty(), "a status has a state");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    fuzz::Cuts cuts{bytes};
    const auto whole = read(bytes, nullptr);
    const auto cut = read(bytes, &cuts);
    fuzz::require(whole.is_answer == cut.is_answer, "an answer however it arrives");
    fuzz::require(
        whole.answer.status == cut.answer.status && whole.answer.headers == cut.answer.headers &&
            whole.answer.body == cut.answer.body,
        "the same however it arrives"
    );
    if (whole.is_answer) {
        check_answer(whole.answer);
    }
    check_answer({200, {}, std::string{bytes}});
    return 0;
}
