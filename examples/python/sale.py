#!/usr/bin/env python3
"""Sells, and survives whatever happens to the connection: a sale that was sent twice is done once.

    sale.py DATABASE_URL STORE SKU QUANTITY TRANSACTION_ID

Needs psycopg2. TRANSACTION_ID is the caller's own name of this sale. It is made before the first try and is the same in all of them:
that is all that makes a repetition harmless.
"""

import json
import sys
import time

import psycopg2

#: Serialization failure, deadlock, lock not available, and a server that ends or starts: the next try may do.
PASSING = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03"}
TRIES = 8


def is_passing(error):
    # Without an SQLSTATE it is the connection that failed, and nobody knows whether the sale was done.
    return error.pgcode is None or error.pgcode in PASSING


def sell(url, store, lines, transaction_id):
    """The answer of record_sale(), done or refused. Raises psycopg2.Error for what another try does not mend."""
    pause_s = 0.05
    for attempt in range(1, TRIES + 1):
        connection = None
        try:
            connection = psycopg2.connect(url, connect_timeout=5)
            with connection, connection.cursor() as cursor:  # commits, also a refusal, which is counted
                cursor.execute(
                    "select inventory.record_sale(%s, %s, transaction_id => %s)", (store, json.dumps(lines), transaction_id)
                )
                answer = cursor.fetchone()[0]
            return answer
        except psycopg2.Error as error:
            if attempt == TRIES or not is_passing(error):
                raise
        finally:
            if connection is not None:
                connection.close()
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 2)


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    url, store, sku, quantity, transaction_id = sys.argv[1:]
    answer = sell(url, store, [{"sku": sku, "quantity": int(quantity)}], transaction_id)
    if not answer["success"]:
        sys.exit("; ".join(error["message"] for error in answer["errors"]))
    balance = answer["movements"][0]["available"]
    print(f"sold {quantity} of {sku}" + (" before" if answer["replayed"] else "") + f"; then {balance} available")


if __name__ == "__main__":
    main()
