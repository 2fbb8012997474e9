// One language on every page: no English sentence on a Japanese page, no Japanese on an English one but names and labels
// of the wire, which are marked as such.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, follow, launch, start } from "./emulator.mjs";

let emulator;
let browser;
let shop;
let base;

const card = (number, more = {}) => ({
  trading_id: "order1", payment_amount: "1000", card_number: number, card_valid_term: "1239", payment_class: "10", "3dsecure_ryaku": "1", ...more,
});

/** A shop that accepts no notice. */
function startShop() {
  const server = createServer((request, response) => {
    request.resume();
    response.statusCode = request.url === "/500" ? 500 : 200;
    response.end("Welcome");
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() }));
  });
}

/** Telegrams of the first merchant over a few connections that are kept. */
function sender() {
  const pem = readFileSync(join(emulator.dir, "pki/client.pem"));
  const ca = readFileSync(join(emulator.dir, "pki/ca.pem"));
  const agent = new https.Agent({ keepAlive: true, maxSockets: 4, ca, cert: pem, key: pem, passphrase: "changeit" });
  const header = { merchant_id: "10000", connect_id: "test0001", connect_password: "password", telegram_version: "1.0" };
  return (path, kind, fields) =>
    new Promise((resolve, reject) => {
      const body = new URLSearchParams({ ...header, telegram_kind: kind, ...fields }).toString();
      const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) };
      const request = https.request(new URL(path, emulator.url), { agent, method: "POST", headers }, (response) => {
        response.resume().on("end", resolve);
      });
      request.on("error", reject);
      request.end(body);
    });
}

/** A value that a field of the catalog does not take, by what it may consist of. */
const unfit = (field) => (/digit|date|month/.test(field.characters) ? "x" : "\u{1f600}");

/** Every telegram of the catalog: empty, and with each of its fields wrong in turn. */
async function sendRefused() {
  const { telegrams } = await emulator.api("GET", "/api/v1/catalog");
  const send = sender();
  for (const { kind, path } of telegrams) {
    const { request } = await emulator.api("GET", `/api/v1/catalog/telegrams/${kind}`);
    const all = Object.fromEntries(request.filter((field) => field.required).map((field) => [field.name, "1"]));
    const wrong = request.slice(0, 12).flatMap(({ name, ...field }) => [{ [name]: unfit(field) }, { [name]: "1".repeat(300) }]);
    await Promise.all([{}, all, ...wrong.map((one) => ({ ...all, ...one }))].map((fields) => send(path, kind, fields)));
  }
  await emulator.telegram("/n/card/request", "020", { connect_password: "wrong" });
  await emulator.telegram("/n/card/request", "020", { telegram_version: "2.0" });
  await emulator.telegram("/n/card/request", "010", {});
  await emulator.telegram("/n/card/request", "999", {});
  await emulator.telegram("/n/paypay/request", "420", {});
  // Without a certificate.
  await emulator.post("/n/card/request", { merchant_id: "10000", connect_id: "test0001", connect_password: "password", telegram_kind: "020", telegram_version: "1.0" });
  await emulator.post("/v/u/request", { seq_merchant_id: "x", isbtob: "1" });
}

/** Payments of many methods, with notices that are not accepted, warnings and a connection that is no TLS. */
async function sendAccepted() {
  const { payment_id } = await emulator.telegram("/n/card/request", "020", card("4900000000000000"));
  await emulator.telegram("/n/card/request", "020", card("4900000000008212", { "3dsecure_use_type": "1" }));
  await emulator.telegram("/n/card/request", "022", { payment_id });
  await emulator.telegram("/n/card/request", "021", { payment_id });
  await emulator.telegram("/n/conveni/request", "030", {
    trading_id: "store1", payment_amount: "2000", cvs_company_id: "00C002", customer_family_name: "Ａ", customer_name: "Ｂ", customer_tel: "0312345678", payment_limit_date: "10",
  });
  await emulator.telegram("/n/virtualaccount/request", "070", { trading_id: "va1", claim_amount: "3000", claim_kana: "A", claim_kanji: "Ａ" });
  await emulator.api("POST", "/api/v1/faults", { merchant_id: "10000", telegram_kind: "020", response_code: "2002", response_detail: "1C54", times: 1 });
  const plain = net.connect(Number(new URL(emulator.url).port), "localhost");
  plain.resume().on("error", () => {}).end("GET / HTTP/1.0\r\n\r\n");
  await new Promise((resolve) => plain.once("close", resolve));
}

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(), launch(), startShop()]);
  base = `http://${emulator.ports.console}`;
  await emulator.api("PUT", "/api/v1/merchants/10000", { notification_url: shop.url });
  await sendRefused();
  await sendAccepted();
  const failed = async () => (await emulator.api("GET", "/api/v1/journal?event=notice&refused=true")).entries;
  await eventually(failed, (entries) => entries.length > 0, "no notice was refused");
  await emulator.api("PUT", "/api/v1/merchants/10000", { notification_url: "http://127.0.0.1:1/" });
  await emulator.api("POST", "/api/v1/notices/deliver", {});
});

after(async () => {
  await browser?.close();
  emulator?.stop();
  shop?.stop();
});

/** Four words of Latin letters in a row, names of the wire aside: such have underscores, digits or capitals within. */
const ENGLISH = /(?:\b[A-Za-z][a-z'’]*[,;:]?\s+){3}[a-z'’]{2,}/;
const JAPANESE = /[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]/;
/** What somebody else said, in his own words. */
const QUOTED = /「[^」]*」/g;
/** A name of the wire behind what it means in English. */
const NAMED = /\([^)]*\)/g;

/** What stands on a page, each text with the languages that are marked around it. Runs in the browser. */
function texts() {
  const raw = "code, pre, kbd, samp, script, style, textarea, .value";
  const found = [];
  const add = (text, element) => {
    const said = text.replace(/\s+/g, " ").trim();
    if (!said || element.closest(raw)) return;
    const marked = element.closest("[lang]");
    found.push({ said, lang: marked?.getAttribute("lang") ?? "", where: element.outerHTML.slice(0, 120) });
  };
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) add(walker.currentNode.data, walker.currentNode.parentElement);
  for (const element of document.querySelectorAll("*")) {
    for (const name of ["aria-label", "placeholder", "title", "alt", "data-done"]) {
      if (element.hasAttribute(name)) add(element.getAttribute(name), element);
    }
  }
  return found;
}

/** What of a page is in the wrong language. */
async function wrong(page, lang) {
  const found = await page.evaluate(texts);
  assert.equal(await page.getAttribute("html", "lang"), lang, page.url());
  return found
    // The way to the other language names it in that language.
    .filter(({ said }) => said !== "English" && said !== "日本語")
    // The API's document calls in English what has a name on the wire by that name.
    .filter(() => lang === "ja" || new URL(page.url()).pathname !== "/api")
    .filter(({ said, lang: marked }) => {
      const own = said.replace(QUOTED, "");
      return lang === "ja" ? marked !== "ja" || ENGLISH.test(own) : marked === "en" ? JAPANESE.test(said.replace(NAMED, "")) : marked !== "ja";
    })
    .map(({ said, where }) => `${new URL(page.url()).pathname}: ${said} (${where})`);
}

/** All pages that links lead to; of those of one kind a few. */
async function crawl(page, lang, few) {
  const [seen, waiting, kinds, mistakes] = [new Set(), ["/"], new Map(), []];
  while (waiting.length) {
    const path = waiting.shift();
    seen.add(path);
    await page.goto(base + path);
    if (path === "/api") await page.waitForSelector("details");
    mistakes.push(...(await wrong(page, lang)));
    for (const link of await page.$$eval("a[href]", (all) => all.map((link) => link.href))) {
      const url = new URL(link);
      const next = url.pathname + url.search;
      if (url.origin !== base || /^\/(api\/v1|lang)\/|\.csv$/.test(url.pathname) || seen.has(next) || waiting.includes(next)) continue;
      const kind = url.pathname.replace(/\d+/g, "N") + [...url.searchParams.keys()].sort().join();
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      // Each telegram has a page of its own.
      if (kinds.get(kind) <= few || kind.startsWith("/catalog/")) waiting.push(next);
    }
  }
  return [...new Set(mistakes)];
}

test("every reason in the journal is told in both languages", async () => {
  let before;
  let count = 0;
  do {
    const page = await emulator.api("GET", `/api/v1/journal?limit=500${before ? `&before=${before}` : ""}`);
    for (const { refusal, warnings, kind } of page.entries) {
      const why = refusal ? [{ english: refusal.explanation, japanese: refusal.explanation_japanese }] : [];
      const told = [...why, ...warnings];
      for (const { english, japanese } of told) {
        assert.ok(JAPANESE.test(japanese) && !ENGLISH.test(japanese.replace(QUOTED, "")), `${kind}: ${japanese}`);
        assert.ok(!JAPANESE.test(english.replace(NAMED, "")), `${kind}: ${english}`);
        count++;
      }
    }
    before = page.next_before;
  } while (before);
  assert.ok(count > 300, `only ${count} reasons`);
});

for (const lang of ["ja"]) {
  test(`the console speaks one language: ${lang}`, { timeout: 600_000 }, async () => {
    const context = await browser.newContext({ locale: lang });
    const page = await context.newPage();
    const mistakes = await crawl(page, lang, 4);
    // What is answered to somebody who does what cannot be done.
    await page.goto(`${base}/merchants/10000`);
    await page.fill("#notification_url", "ftp://x");
    await follow(page, () => page.locator("#notification_url").press("Enter"));
    mistakes.push(...(await wrong(page, lang)));
    await page.goto(`${base}/merchants/10000`);
    await page.fill("#notice_hold", "soon");
    await follow(page, () => page.locator("#notice_hold").press("Enter"));
    mistakes.push(...(await wrong(page, lang)));
    for (const path of ["/nowhere", "/payments/1", "/journal/0", "/notices/10000/0", "/merchants/1", "/catalog/telegrams/999", "/journal?before=x", "/payments?amount_from=x"]) {
      await page.goto(base + path);
      mistakes.push(...(await wrong(page, lang)));
    }
    assert.deepEqual(mistakes, []);
    await context.close();
  });
}

test("the control API tells problems in Japanese to whoever prefers that", async () => {
  const ask = async (accepts) => {
    const headers = accepts ? { "Accept-Language": accepts } : {};
    return (await fetch(`${base}/api/v1/payments/1`, { headers })).json();
  };
  assert.equal((await ask("en")).detail, "there is no payment 1");
  assert.equal((await ask("ja,en;q=0.8")).detail, "決済ID 1 の決済はありません。");
});
