#!/usr/bin/env node
// Sells, and survives whatever happens to the connection: a sale that was sent twice is done once.
//
//     sale.js DATABASE_URL STORE SKU QUANTITY TRANSACTION_ID
//
// Needs pg (Debian: node-pg). TRANSACTION_ID is the caller's own name of this sale. It is made before the first try and is the same in
// all of them: that is all that makes a repetition harmless.
"use strict";

const { Client, DatabaseError } = require("pg");

// Serialization failure, deadlock, lock not available, and a server that ends or starts: the next try may do.
const PASSING = new Set(["40001", "40P01", "55P03", "57P01", "57P02", "57P03"]);
const TRIES = 8;

// What the database did not say, the connection did: it failed, and nobody knows whether the sale was done.
function isPassing(error) {
  return !(error instanceof DatabaseError) || PASSING.has(error.code);
}

// The answer of record_sale(), done or refused. Throws what another try does not mend.
async function sell(url, store, lines, transactionId) {
  let pauseMs = 50;
  for (let attempt = 1; ; attempt += 1) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    // A connection that ends while nobody asks says so here; without a listener it would end the program.
    client.on("error", () => {});
    try {
      await client.connect();
      const result = await client.query("select inventory.record_sale($1, $2, transaction_id => $3) as answer", [
        store,
        JSON.stringify(lines),
        transactionId,
      ]);
      return result.rows[0].answer;
    } catch (error) {
      if (attempt === TRIES || !isPassing(error)) {
        throw error;
      }
    } finally {
      client.end().catch(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    pauseMs = Math.min(pauseMs * 2, 2000);
  }
}

async function main() {
  const [url, store, sku, quantity, transactionId] = process.argv.slice(2);
  if (process.argv.length !== 7) {
    throw new Error("usage: sale.js DATABASE_URL STORE SKU QUANTITY TRANSACTION_ID");
  }
  const answer = await sell(url, store, [{ sku, quantity: Number(quantity) }], transactionId);
  if (!answer.success) {
    throw new Error(answer.errors.map((error) => error.message).join("; "));
  }
  const balance = answer.movements[0].available;
  console.log(`sold ${quantity} of ${sku}${answer.replayed ? " before" : ""}; then ${balance} available`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
