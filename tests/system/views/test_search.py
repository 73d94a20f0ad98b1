"""Search of products by words, and that it uses its index."""

import psycopg2
import pytest
from conftest import connect, rows, value


def found(connection, query, limit=50):
    return [sku for (sku,) in rows(connection, "select sku from inventory.search_products(%s, %s)", query, limit)]


@pytest.fixture(name="catalog", scope="module")
def make_catalog():
    connection = connect()
    rows(connection, "insert into inventory.products (sku, name, description) values "
         "('sx-tea', 'Crème brûlée', 'Dessert aus Frankreich'), ('sx-tea-2', 'Zebra', null), ('sx 3', 'Sx-Tea rooibos ÉTÉ', 'smooth'), "
         "('sx-4', 'Straße Łódź', 'with sx and tea'), ('!!', 'Nothing but signs', null), ('sx-gone', 'Gone tea', null)")
    rows(connection, "update inventory.products set active = false where sku = 'sx-gone'")
    yield connection
    connection.close()


def test_the_exact_sku_comes_first_then_beginnings_then_words(catalog):
    assert found(catalog, "sx-tea") == ["sx-tea", "sx-tea-2", "sx 3", "sx-4"]


def test_prefixes_words_case_and_accents(catalog):
    assert found(catalog, "CREME brul") == ["sx-tea"]
    assert found(catalog, "brulee creme") == ["sx-tea"]
    assert found(catalog, "ete roo") == ["sx 3"]
    assert found(catalog, "strasse lodz") == ["sx-4"]
    assert found(catalog, "frankr") == ["sx-tea"]
    assert found(catalog, "creme zebra") == []


def test_a_page_goes_on_where_the_one_before_ended(catalog):
    whole = rows(catalog, "select class, sku from inventory._search('sx-tea', 50, null, null)")
    assert [sku for _, sku in whole] == found(catalog, "sx-tea")
    for at, (nearness, sku) in enumerate(whole):
        # Wherever its last product may be now.
        rows(catalog, "begin")
        rows(catalog, "update inventory.products set name = 'Elsewhere', sku = 'away' where sku = %s", sku)
        assert rows(catalog, "select class, sku from inventory._search('sx-tea', 50, null, null, %s, %s)", nearness, sku) == whole[at + 1:]
        rows(catalog, "rollback")


def test_signs_and_wrong_arguments(catalog):
    assert found(catalog, "!!") == ["!!"]
    assert found(catalog, "' & | ! <-> :* \\") == []
    assert found(catalog, "sx-tea", 1) == ["sx-tea"]
    for query, limit in (("", 50), (None, 50), ("x" * 201, 50), ("x", 0), ("x", 1001), ("x", None)):
        with pytest.raises(psycopg2.errors.InvalidParameterValue):
            found(catalog, query, limit)


def test_it_reads_an_index_of_a_hundred_thousand(catalog):
    rows(catalog, "begin")
    rows(catalog, "insert into inventory.products (sku, name, description) select 'big-' || n, 'Article number ' || n, 'stands on shelf ' || n % 100 from generate_series(1, 100000) as n")
    rows(catalog, "analyze inventory.products")
    before = value(catalog, "select seq_scan from pg_stat_xact_user_tables where relid = 'inventory.products'::regclass")
    assert found(catalog, "article 4711") == ["big-4711", "big-47110", "big-47111", "big-47112", "big-47113", "big-47114", "big-47115", "big-47116", "big-47117", "big-47118", "big-47119"]
    after = value(catalog, "select seq_scan from pg_stat_xact_user_tables where relid = 'inventory.products'::regclass")
    assert after == before, "no look at every product"
    assert len(found(catalog, "article", 1000)) == 1000
    rows(catalog, "rollback")
