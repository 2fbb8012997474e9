// The console in a real browser: every page in both languages and widths, live updates, buttons that do what they say.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { follow, launch, shot, start } from "./emulator.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

let emulator;
let browser;
let shop;
let base;

/** Sends a telegram of the first merchant, with the client certificate; its answer's fields. */
function telegram(path, kind, fields) {
  const pem = readFileSync(join(emulator.dir, "pki/client.pem"));
  const ca = readFileSync(join(emulator.dir, "pki/ca.pem"));
  const header = { merchant_id: "10000", connect_id: "test0001", connect_password: "password", telegram_kind: kind, telegram_version: "1.0" };
  const body = new URLSearchParams({ ...header, ...fields }).toString();
  const options = {
    host: "localhost", port: new URL(emulator.url).port, path, method: "POST", ca, cert: pem, key: pem, passphrase: "changeit",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) },
  };
  return new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => {
        const lines = new TextDecoder("shift_jis").decode(Buffer.concat(parts)).split("\r\n").filter(Boolean);
        resolve(Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])));
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const card = (number, trading_id, payment_amount) => ({
  trading_id, payment_amount, card_number: number, card_valid_term: "1239", payment_class: "10", "3dsecure_ryaku": "1",
});
const authorize = async (trading_id, amount = "1000") =>
  (await telegram("/n/card/request", "020", card("4900000000000000", trading_id, amount))).payment_id;

/** A shop that takes the first notice and answers all others with a page. */
function startShop() {
  let taken = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.end(taken++ === 0 ? "result=0" : "<html>Welcome</html>");
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() }));
  });
}

/** A page that fails the test on anything that a reader of the browser's console would complain about. */
async function open(options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "ja", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error" || message.type() === "warning") complaints.push(`${page.url()}: ${message.text()}`); });
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) complaints.push(`${page.url()} asks for ${request.url()}`);
  });
  return { context, page, complaints };
}

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(), launch(), startShop()]);
  base = `http://${emulator.ports.console}`;
  await emulator.api("PUT", "/api/v1/merchants/10000", { notification_url: shop.url });
  await authorize("order1");
  await telegram("/n/card/request", "022", { trading_id: "order1" });
  await telegram("/n/card/request", "020", card("4900000000008212", "order2", "500"));
  await telegram("/n/card/request", "020", card("4900000000000000", "order3", "12x"));
  await telegram("/n/card/request", "020", { ...card("4900000000000000", "order1", "700"), "3dsecure_use_type": "1" });
});

after(async () => {
  await browser?.close();
  emulator?.stop();
  shop?.stop();
});

/** All pages that links lead to, without those that differ only in what they are asked. */
async function crawl(page) {
  const seen = new Set();
  const waiting = ["/"];
  const kinds = new Map();
  while (waiting.length) {
    const path = waiting.shift();
    await page.goto(base + path);
    const links = await page.$$eval("a[href]", (all) => all.map((link) => link.href));
    seen.add(path);
    for (const link of links) {
      const url = new URL(link);
      if (url.origin !== base || url.pathname.startsWith("/api/v1/") || url.pathname.startsWith("/lang/") || url.pathname.endsWith(".csv")) continue;
      // Of pages of one kind (a payment, an entry, a telegram) a few are enough.
      const kind = url.pathname.replace(/\d+/g, "N") + [...url.searchParams.keys()].sort().join();
      const next = url.pathname + url.search;
      if (seen.has(next) || waiting.includes(next) || (kinds.get(kind) ?? 0) >= 3) continue;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      waiting.push(next);
    }
  }
  return [...seen];
}

test("every page is clean: no complaint, no foreign request, good contrast, nothing cut off", { timeout: 600_000 }, async () => {
  const first = await open({});
  const paths = await crawl(first.page);
  assert.deepEqual(first.complaints, []);
  await first.context.close();
  for (const start of ["/payments", "/payments/", "/journal", "/journal/", "/notices", "/notices/", "/merchants", "/merchants/", "/clock", "/faults", "/catalog", "/catalog/telegrams/", "/catalog/statuses", "/catalog/codes", "/catalog/cards", "/api"]) {
    assert.ok(paths.some((path) => path === start || (start.endsWith("/") && path.startsWith(start))), `the crawl found ${start}`);
  }
  // The same page asked for something else looks the same: one of each kind is examined closely.
  const chosen = [...new Map(paths.map((path) => [path.split("?")[0].replace(/\d+/g, "N"), path])).values()];
  for (const [lang, width, scheme] of [["ja", 1280, "light"], ["en", 390, "light"], ["en", 1280, "dark"]]) {
    // axe is put into the page by the test; the policy that forbids it is tested elsewhere.
    const { context, page, complaints } = await open({ locale: lang, viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
    for (const path of chosen) {
      await page.goto(base + path);
      if (path === "/api") await page.waitForSelector("details");
      assert.equal(await page.getAttribute("html", "lang"), lang, path);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(beyond <= 0, `${path} is ${beyond} pixels wider than ${width}`);
      await page.addScriptTag({ content: AXE });
      const found = await page.evaluate((tags) => axe.run({ runOnly: tags }), TAGS);
      const said = found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)} ${one.nodes[0].failureSummary}`);
      assert.deepEqual(said, [], `${lang} ${width} ${scheme} ${path}`);
      await shot(page, `console-${lang}-${width}-${scheme}${path.split("?")[0].replaceAll("/", "-")}`);
    }
    assert.deepEqual(complaints, []);
    await context.close();
  }
});

test("the language is switched and remembered", async () => {
  const { context, page } = await open({ locale: "ja" });
  await page.goto(`${base}/payments`);
  assert.equal(await page.textContent("h1"), "決済情報照会");
  await follow(page, () => page.click("text=English"));
  assert.equal(new URL(page.url()).pathname, "/payments");
  assert.equal(await page.textContent("h1"), "Payments");
  await page.goto(`${base}/clock`);
  assert.equal(await page.textContent("h1"), "Clock");
  await context.close();
});

test("the journal shows a telegram without being asked again", async () => {
  const { context, page } = await open({ locale: "en" });
  await page.goto(`${base}/journal`);
  await page.waitForSelector("[data-live-state=on]");
  const id = await authorize("liveorder");
  await page.waitForSelector("td:has-text('liveorder')");
  await follow(page, () => page.click(`td:has-text('liveorder') ~ td a:has-text('${id}')`));
  assert.match(await page.textContent("h1"), new RegExp(id));
  await context.close();
});

test("a payment offers what is possible now, does it, and draws where it is", async () => {
  const { context, page } = await open({ locale: "ja" });
  const id = await authorize("shoporder", "2490");
  await page.goto(`${base}/payments/${id}`);
  const buttons = () => page.$$eval("#payment .actions button", (all) => all.map((button) => button.textContent));
  const now = () => page.textContent("svg .now .code");
  assert.deepEqual(await buttons(), ["売上処理", "オーソリキャンセル処理", "オーソリ変更"]);
  assert.equal(await now(), "20");
  assert.deepEqual(await page.$$eval("svg .node.next .code", (all) => all.map((one) => one.textContent).sort()), ["30", "31", "32", "33", "40"]);
  await follow(page, () => page.click("button:has-text('売上処理')"));
  assert.equal(await now(), "40");
  await page.fill("form:has(button:has-text('売上変更')) input[name=amount]", "1,980");
  await follow(page, () => page.click("button:has-text('売上変更')"));
  assert.match(await page.textContent(".lead"), /40 消込済 1,980円/);
  assert.notEqual(page.url(), `${base}/payments/${id}`, "a correction makes a new payment");
  await page.goto(`${base}/payments/${id}`);
  assert.equal(await now(), "60");
  assert.deepEqual(await buttons(), []);
  // Each step leads to what caused it.
  await follow(page, () => page.click("table tbody tr:first-child a"));
  assert.match(await page.textContent("h1"), /020/);
  await context.close();
});

test("a lost order is found in two clicks", async () => {
  const { context, page } = await open({ locale: "en" });
  const id = await authorize("lostorder");
  await page.goto(base);
  await follow(page, () => page.click("nav >> text=Payments"));
  await follow(page, () => page.click("text=lost orders"));
  assert.ok(await page.isVisible(`tr:has-text('lostorder') td:has-text('${id}')`));
  assert.ok(!(await page.isVisible("td:text-is('order2')")), "a refused payment is no lost order");
  await context.close();
});

test("a notice shows what the shop should have answered, and is sent again", async () => {
  const { context, page } = await open({ locale: "en" });
  await page.goto(`${base}/notices`);
  await page.waitForSelector("td:has-text('not result=0')");
  await follow(page, () => page.click("tr:has-text('not result=0') a"));
  assert.equal(await page.textContent(".diff .plus"), "+ result=0\n");
  assert.equal(await page.textContent(".diff .minus"), "- <html>Welcome</html>\n");
  await follow(page, () => page.click("button:has-text('Send again')"));
  assert.match(page.url(), /\/notices\/10000\/\d+$/);
  await context.close();
});

test("boxes are ticked and unticked by the keyboard alone", async () => {
  const { context, page } = await open({ locale: "ja" });
  await page.goto(`${base}/merchants/10000`);
  const box = page.locator("input[name='box-02'][value='11']");
  await box.focus();
  await page.keyboard.press("Space");
  await follow(page, () => page.keyboard.press("Enter"));
  assert.equal(await page.isChecked("input[name='box-02'][value='11']"), false);
  assert.equal(await page.isChecked("input[name='box-02'][value='20']"), true);
  const { notified } = await emulator.api("GET", "/api/v1/merchants/10000");
  assert.deepEqual(notified["02"].includes("11"), false);
  // The first stop of the keyboard leads past the menu.
  await page.goto(`${base}/payments`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "content");
  await context.close();
});

test("the API page sends what it shows", async () => {
  const { context, page, complaints } = await open({ locale: "en" });
  await page.goto(`${base}/api`);
  const operation = page.locator("details:has(summary:has-text('PUT'):has-text('/api/v1/clock'))");
  await operation.locator("summary").click();
  await operation.locator("textarea").fill('{"now": "2030-01-01T09:00:00+09:00", "frozen": true}');
  await operation.locator("button").click();
  await operation.locator("pre:has-text('2030-01-01')").waitFor();
  assert.equal((await emulator.api("GET", "/api/v1/clock")).now, "2030-01-01T09:00:00+09:00");
  await page.goto(`${base}/clock`);
  assert.match(await page.textContent(".clock"), /2030\/01\/01 09:00:00/);
  await follow(page, () => page.click("text=Back to real time"));
  assert.doesNotMatch(await page.textContent(".clock"), /2030/);
  assert.deepEqual(complaints, []);
  await context.close();
});
