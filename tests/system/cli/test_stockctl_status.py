"""stockctl status: the database, who follows it, and stockd's copy."""

import socket

from conftest import Stockctl, Stockd, wait_for


def test_without_stockd_the_database_is_shown_with_10(shop):
    done = shop.stockctl("status")
    assert done.returncode == 10
    assert f"database   {shop.database}, PostgreSQL 1" in done.stdout
    assert "relay      none" in done.stdout
    assert "followers  none" in done.stdout
    assert "cannot be reached" in done.stderr


def test_a_stockd_that_never_answers_is_10_and_not_waited_for_long(shop):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = shop.stockctl("status", "--server", address, "--admin-server", address)
    assert done.returncode == 10
    assert f"database   {shop.database}, PostgreSQL 1" in done.stdout
    assert "did not answer within 5000 ms" in done.stderr


def test_with_stockd_both_are_shown(followed):
    def with_relay():
        shown = followed.stockctl.json("status")
        return shown if shown["database"]["relay"] and shown["database"]["followers"] else None

    shown = wait_for(with_relay, "a relay is shown")
    database, stockd = shown["database"], shown["stockd"]
    assert database["name"] == followed.database
    assert database["schema"] >= 1
    assert 0 <= database["notificationQueueUsage"] < 0.5
    assert len(database["position"]) == 12
    assert len(database["followers"]) == 1
    assert stockd["ready"] is True
    assert stockd["isStale"] is False
    assert stockd["cache"]["productCount"] == 3
    assert stockd["cache"]["drift"] == 0
    assert stockd["rings"] is not None
    text = followed.stockctl("status")
    assert text.returncode == 0
    assert "ready      yes" in text.stdout
    assert "cache      3 products" in text.stdout


def test_a_killed_stockd_is_gone_and_not_a_relay(followed, tmp_path):
    def follower():
        shown = followed.stockctl.json("status")["database"]["followers"]
        return shown[0] if len(shown) == 1 and shown[0]["isRelay"] and shown[0]["isAlive"] else None

    wait_for(follower, "the relay is shown")
    followed.stockd.process.kill()
    followed.stockd.process.wait()

    def gone():
        shown = followed.stockctl.json("status", code=10)["database"]["followers"]
        return len(shown) == 1 and not shown[0]["isRelay"] and not shown[0]["isAlive"]

    wait_for(gone, "it is shown as gone")
    assert "gone" in followed.stockctl("status").stdout
    second = Stockd(followed.database, tmp_path / "second.log")
    try:

        def both():
            shown = followed.stockctl.json("status", code=10)["database"]["followers"]
            return [(one["isRelay"], one["isAlive"]) for one in shown] == [(True, True), (False, False)]

        wait_for(both, "the second is the relay, the first is gone")
    finally:
        second.stop()


def test_a_stockd_that_has_loaded_nothing_says_so(empty_database, tmp_path):
    daemon = Stockd(empty_database, tmp_path / "stockd.log", until_ready=False)
    try:
        stockctl = Stockctl(empty_database, daemon.server, daemon.admin)
        wait_for(lambda: "ready      no: schema\n" in stockctl("status").stdout, "it says why it is not ready")
        done = stockctl("status")
        assert done.returncode == 12
        assert done.stdout.startswith("stockd     ")
        assert "cache      nothing is loaded\n" in done.stdout
        assert "null" not in done.stdout and "{" not in done.stdout
        assert stockctl.json("status", code=12)["stockd"]["ageMs"] is None
        done = stockctl("get", "A1")
        assert done.returncode == 10
        assert "Hint: " in done.stderr and done.stderr.count("stockctl migrate") == 1
    finally:
        daemon.stop()


def test_without_the_database_stockd_is_shown_with_11(followed):
    done = followed.stockctl("status", "-d", "no_such_database")
    assert done.returncode == 11
    assert "cache      3 products" in done.stdout


def test_a_reader_may_ask(followed):
    followed.execute("drop role if exists cli_reader")
    followed.execute("create role cli_reader login in role inventory_reader")
    assert followed.stockctl("status", "-U", "cli_reader").returncode == 0
    assert followed.stockctl("verify", "-U", "cli_reader").returncode == 0
    followed.execute("drop role cli_reader")


def test_the_admin_port_is_looked_for_beside_the_server(followed):
    del followed.stockctl.environment["STOCKCTL_ADMIN_SERVER"]
    done = followed.stockctl("status")
    assert done.returncode == 0
    assert "ready      yes" in done.stdout


def test_an_admin_port_that_does_not_answer_is_named(followed):
    done = followed.stockctl("status", "--admin-server", "http://127.0.0.1:1")
    assert done.returncode == 0
    assert "did not answer at http://127.0.0.1:1 (name it with --admin-server)" in done.stdout
