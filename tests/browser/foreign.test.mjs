// Pages of other origins: what they make a browser send reaches nothing but what buyers' pages need.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import http from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { follow, launch, start } from "./emulator.mjs";

const binary = process.env.PAYGENT_EMULATOR ?? fileURLToPath(new URL("../../target/debug/paygent-emulator", import.meta.url));

const HEADER = { merchant_id: "10000", connect_id: "test0001", connect_password: "password", telegram_version: "1.0" };
const CARD = { payment_amount: "1000", card_number: "4900000000000000", card_valid_term: "1239", payment_class: "10", "3dsecure_ryaku": "1" };

let emulator;
let browser;
let foreign;

before(async () => {
  // One shop that has no key for /s/, as all adopted ones.
  [emulator, browser, foreign] = await Promise.all([start(["--http", "127.0.0.1:0"]), launch(), startForeign()]);
  await emulator.api("PUT", "/api/v1/merchants/10000", { keys: { request_hash: "" } });
});

after(async () => {
  await browser?.close();
  await foreign?.stop();
  emulator?.stop();
});

/** Another origin. */
async function startForeign() {
  const server = http.createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=UTF-8");
    response.end("<p>another page</p>");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** A form on a foreign page that sends itself; the page that the browser ends on. */
async function submit(page, url, fields) {
  await page.goto(foreign.url);
  return follow(page, () => page.evaluate(([url, fields]) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: url });
    for (const [name, value] of Object.entries(fields)) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    form.submit();
  }, [url, fields]));
}

/** What a foreign page's script sends without being able to read the answer. */
async function send(page, url, fields) {
  await page.goto(foreign.url);
  await page.evaluate(([url, body]) => fetch(url, { method: "POST", mode: "no-cors", body }), [url, new URLSearchParams(fields)
    .toString()]);
}

/** A telegram of the first merchant; its payment id. */
function apply(kind, fields) {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const answer = execFileSync(binary, ["send", kind, ...pairs, "--data-dir", emulator.dir], { encoding: "utf8" });
  return answer.match(/^payment_id=([0-9]+)/m)[1];
}

async function status(paymentId) {
  return (await emulator.api("GET", `/api/v1/payments/${paymentId}`)).payment_status;
}

test("a foreign page cannot mark a payment in the test tool", async () => {
  const paymentId = apply("030", {
    trading_id: "tool", payment_amount: "1000", customer_family_name: "試験", customer_name: "太郎", customer_tel: "0312345678",
    payment_limit_date: "5", cvs_company_id: "00C002", sales_type: "1",
  });
  const fields = { ...HEADER, payment_id: paymentId, payment_status: "12" };
  const page = await browser.newPage();
  const answer = await submit(page, `${emulator.url}/testtool/statusupdate`, fields);
  assert.equal(answer.status(), 403);
  assert.match(await page.locator("h1").innerText(), /site|サイト/);
  assert.equal(await status(paymentId), "10");
  const { entries, items } = await emulator.api("GET", "/api/v1/journal?event=page");
  const refused = (items ?? entries).find((entry) => entry.path === "/testtool/statusupdate");
  assert.ok(JSON.stringify(refused).includes(foreign.url.slice(0, -1)), "the journal names the page's origin");
  await emulator.post("/testtool/statusupdate", fields);
  assert.equal(await status(paymentId), "12", "it is the page that was refused, not the form");
  await page.close();
});

test("a foreign page's script reaches no telegram", async () => {
  const page = await browser.newPage();
  const date = "20261201000000";
  await send(page, `${emulator.url}/s/card/request`, { ...HEADER, ...CARD, telegram_kind: "020", trading_id: "s", request_date: date, hc: "x" });
  await send(page, `${emulator.url}/n/card/request`, { ...HEADER, ...CARD, telegram_kind: "020", trading_id: "n" });
  await send(page, `${emulator.url}/n/x`, { merchant_id: "12345", connect_id: "a", connect_password: "b" });
  for (const trading_id of ["s", "n"]) {
    const found = await emulator.api("GET", `/api/v1/payments?merchant_id=10000&trading_id=${trading_id}`);
    assert.deepEqual(found.payments ?? found.items, [], trading_id);
  }
  await assert.rejects(emulator.api("GET", "/api/v1/merchants/12345"), /404/);
  await page.close();
});

test("a foreign page's form still applies for a hosted page", async () => {
  const page = await browser.newPage();
  const answer = await submit(page, `${emulator.url}/v/u/request`, { seq_merchant_id: "10000", trading_id: "link", id: "1000" });
  assert.notEqual(answer.status(), 403);
  await page.close();
});

test("a foreign page's script still has tokens made, over HTTPS and HTTP", async () => {
  const page = await browser.newPage();
  await page.goto(foreign.url);
  for (const url of [emulator.url, `http://${emulator.ports.http}`]) {
    const answer = await page.evaluate(async (url) => {
      const body = "merchant_id=10000&token_generate_key=wrong&card_number=4900000000000000&expire_year=39&expire_month=12";
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      return (await fetch(`${url}/n/token/request`, { method: "POST", headers, body })).json();
    }, url);
    assert.match(answer.result, /^[0-9]{4}$/);
  }
  await page.close();
});

test("our own pages pass: the test tool's search screen leads to the next", async () => {
  const page = await browser.newPage();
  await page.goto(`${emulator.url}/testtool/`);
  for (const [name, value] of Object.entries(HEADER)) {
    const input = page.locator(`input[name="${name}"]:visible`);
    if (await input.count()) await input.fill(value);
  }
  await page.locator('input[name="payment_id"]').fill("1");
  const answer = await follow(page, () => page.locator("button, input[type=submit]").first().click());
  assert.equal(answer.status(), 200);
  await page.close();
});
