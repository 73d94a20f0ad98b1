#include "cli/product.hpp"

#include "base/units.hpp"
#include "cli/output.hpp"

#include <boost/json/array.hpp>

namespace stockd::cli {

namespace json = boost::json;

namespace {

/// Reads fields of one object and remembers the first that is not there as it should be.
class Fields {
  public:
    explicit Fields(const json::value& value)
        : object_(value.if_object()) {}

    std::int64_t integer(std::string_view name) {
        const auto* field = find(name);
        const auto* number = field == nullptr ? nullptr : field->if_int64();
        note(number != nullptr, name);
        return number == nullptr ? 0 : *number;
    }

    std::string text(std::string_view name) {
        const auto* field = find(name);
        const auto* string = field == nullptr ? nullptr : field->if_string();
        note(string != nullptr, name);
        return string == nullptr ? std::string{} : std::string(*string);
    }

    const json::array* array(std::string_view name) {
        const auto* field = find(name);
        const auto* array = field == nullptr ? nullptr : field->if_array();
        note(array != nullptr, name);
        return array;
    }

    [[nodiscard]] const std::string& missing() const { return missing_; }

  private:
    [[nodiscard]] const json::value* find(std::string_view name) const {
        return object_ == nullptr ? nullptr : object_->if_contains(name);
    }

    void note(bool is_good, std::string_view name) {
        if (!is_good && missing_.empty()) {
            missing_ = name;
        }
    }

    const json::object* object_;
    std::string missing_;
};

base::Error unexpected(const std::string& field) {
    return {
        base::ErrorCode::kIo,
        "the answer is not stockd's: field " + field + " is missing, or is not what it can be",
        {},
        "Is it the same version as this stockctl?",
        {}};
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

base::Result<Product> parse_product(const json::value& value) {
    Fields fields(value);
    Product product;
    product.sku = fields.text("productId");
    product.name = fields.text("productName");
    product.pieces_per_pack = fields.integer("piecesPerPack");
    product.packs_per_box = fields.integer("packsPerBox");
    product.total = fields.integer("totalPieces");
    product.reserved = fields.integer("reservedPieces");
    product.available = fields.integer("availableTotal");
    product.updated_at = fields.text("lastUpdated");
    const auto* stores = fields.array("stores");
    if (!fields.missing().empty()) {
        return unexpected(fields.missing());
    }
    if (product.pieces_per_pack < 1 || product.packs_per_box < 1) {
        return unexpected(product.pieces_per_pack < 1 ? "piecesPerPack" : "packsPerBox");
    }
    for (const auto& entry : *stores) {
        Fields row(entry);
        product.stores.push_back({
            row.text("storeId"),
            row.integer("onHand"),
            row.integer("reserved"),
            row.integer("available"),
            row.integer("lowStockThreshold"),
            row.integer("version"),
            row.text("lastUpdated"),
        });
        if (!row.missing().empty()) {
            return unexpected("stores." + row.missing());
        }
    }
    return product;
}

json::object to_json(const Product& product) {
    const auto whole =
        base::break_down(product.available, {product.pieces_per_pack, product.packs_per_box});
    json::array stores;
    for (const auto& row : product.stores) {
        stores.push_back(json::object{
            {"storeId", row.store},
            {"onHand", row.on_hand},
            {"reserved", row.reserved},
            {"available", row.available},
            {"lowStockThreshold", row.low_stock_threshold},
            {"version", row.version},
            {"lastUpdated", row.updated_at},
        });
    }
    return {
        {"productId", product.sku},
        {"productName", product.name},
        {"piecesPerPack", product.pieces_per_pack},
        {"packsPerBox", product.packs_per_box},
        {"totalPieces", product.total},
        {"reservedPieces", product.reserved},
        {"availableTotal", product.available},
        {"availableBoxes", whole.boxes},
        {"availablePacks", whole.packs},
        {"availablePieces", whole.pieces},
        {"lastUpdated", product.updated_at},
        {"stores", std::move(stores)},
    };
}

std::string describe_breakdown(const Product& product) {
    const auto whole =
        base::break_down(product.available, {product.pieces_per_pack, product.packs_per_box});
    std::string out;
    for (const auto& part : {
             whole.boxes == 0 ? std::string{} : counted(whole.boxes, "box", "boxes"),
             whole.packs == 0 ? std::string{} : counted(whole.packs, "pack", "packs"),
             whole.pieces == 0 ? std::string{} : counted(whole.pieces, "piece", "pieces"),
         }) {
        out += out.empty() || part.empty() ? part : ", " + part;
    }
    return out.empty() ? "0 pieces" : out;
}

std::string render(const Product& product) {
    std::string out = printable(product.sku) + "  " + printable(product.name) + "\n";
    out += "  available " + std::to_string(product.available) + " (" + describe_breakdown(product) +
           "), on hand " + std::to_string(product.total) + ", reserved " +
           std::to_string(product.reserved) + ", changed " + printable(product.updated_at) + "\n";
    if (product.stores.empty()) {
        return out + "  no stock row in any store\n";
    }
    Table table({
        {"  STORE"},
        {"ON HAND", Align::kRight},
        {"RESERVED", Align::kRight},
        {"AVAILABLE", Align::kRight},
        {"LOW AT", Align::kRight},
        {"VERSION", Align::kRight},
        {"CHANGED"},
    });
    for (const auto& row : product.stores) {
        table.add({
            "  " + printable(row.store),
            std::to_string(row.on_hand),
            std::to_string(row.reserved),
            std::to_string(row.available),
            std::to_string(row.low_stock_threshold),
            std::to_string(row.version),
            printable(row.updated_at),
        });
    }
    return out + table.render();
}

}  // namespace stockd::cli
