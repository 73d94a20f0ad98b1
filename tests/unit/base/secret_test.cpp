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

TEST_CASE("secret: a password with odd characters is masked to its end", "[secret]") {
    CHECK(mask_secrets("host=h password=se&cret") == "host=h password=***");
    CHECK(mask_secrets("password=se\"cret host=h") == "password=*** host=h");
    CHECK(mask_secrets("postgresql://me:a\"b@host/db") == "postgresql://me:***@host/db");
    CHECK(mask_secrets("postgresql://me:pa/ss@host/db") == "postgresql://me:***@host/db");
    CHECK(mask_secrets("postgres://me:p@ss?w@host/db") == "postgres://me:***@host/db");
    CHECK(
        mask_secrets("postgresql://h/d?pass%77ord=secret&user=me gone") ==
        "postgresql://h/d?pass%77ord=***&user=me gone"
    );
    CHECK(
        mask_secrets("postgresql://h/d?a&%=&password='a b") ==
        "postgresql://h/d?a&%=&password=*** b"
    );
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
