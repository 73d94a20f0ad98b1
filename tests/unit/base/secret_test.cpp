#include "base/secret.hpp"

#include <catch2/catch.hpp>

using stockd::base::mask_secrets;

TEST_CASE("secret: a password in a URL is masked, user, host and database stay", "[secret]") {
    CHECK(mask_secrets("postgres://me:s3cr:et@db:5432/shop") == "postgres://me:***@db:5432/shop");
    CHECK(mask_secrets("postgresql://me@db/shop") == "postgresql://me@db/shop");
    CHECK(
        mask_secrets("postgresql:///shop?user=me&password=x%20y&sslmode=require") ==
        "postgresql:///shop?user=me&password=***&sslmode=require"
    );
}

TEST_CASE("secret: a password as key and value is masked, quoted or not", "[secret]") {
    CHECK(mask_secrets("host=db password=abc dbname=shop") == "host=db password=*** dbname=shop");
    CHECK(mask_secrets("password = 'it\\'s a ''secret''' host=db") == "password = *** host=db");
    CHECK(mask_secrets("password='open") == "password=***");
    CHECK(mask_secrets("sslpassword=k user=me") == "sslpassword=*** user=me");
    CHECK(mask_secrets("password=") == "password=***");
}

TEST_CASE("secret: several connection strings in one text are all masked", "[secret]") {
    CHECK(
        mask_secrets("a postgres://u:p@h/d b postgres://v:q@h/d password=z") ==
        "a postgres://u:***@h/d b postgres://v:***@h/d password=***"
    );
}

TEST_CASE("secret: text without secrets stays as it is", "[secret]") {
    for (const auto* text :
         {"", "password", "the password is wrong", "http://h/a:b@c", "://", "@:"}) {
        CHECK(mask_secrets(text) == text);
    }
}
