// The link type's hosted pages in a real browser, from the application to the return to the shop.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, shot, start } from "./emulator.mjs";

const MERCHANT = "40001";
const KEY = "LinkKey0123";
const GOOD = "4900000000000000";

let emulator;
let browser;
let shop;
const notices = [];
let next = 1;

/** The shop: it takes notices and shows where the browser came back. */
async function startShop() {
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      if (request.method === "POST") {
        notices.push(Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())));
        response.end("result=0");
      } else {
        response.setHeader("Content-Type", "text/html");
        response.end(`<p id="path">${request.url.replaceAll("&", "&amp;")}</p>`);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, stop: () => server.close() };
}

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(), launch(), startShop()]);
  await emulator.api("PUT", `/api/v1/merchants/${MERCHANT}`, {
    merchant_id: MERCHANT,
    connect_id: "test0001",
    connect_password: "password",
    keys: { link_hash: KEY },
    notification_url: `${shop.url}/`,
  });
});

after(async () => {
  await browser?.close();
  emulator?.stop();
  shop?.stop();
});

/** `hc` by the interface's formula. */
function hash(fields) {
  const names = [
    "trading_id", "payment_type", "fix_params", "id", "inform_url", "seq_merchant_id", "payment_term_day",
    "payment_term_min", "payment_class", "use_card_conf_number", "customer_id", "threedsecure_ryaku",
  ];
  return createHash("sha256").update(names.map((name) => fields[name] ?? "").join("") + KEY).digest("hex");
}

/** Applies for a page as a shop does, and returns the answer's values. */
async function apply(more) {
  const trading_id = more.trading_id ?? `order${next++}`;
  const fields = {
    trading_id,
    id: "2980",
    seq_merchant_id: MERCHANT,
    merchant_name: "テスト商店",
    threedsecure_ryaku: "1",
    isbtob: "1",
    return_url: `${shop.url}/back?order=${trading_id}&acting=1`,
    stop_return_url: `${shop.url}/stop?order=${trading_id}`,
    ...more,
  };
  const answer = await emulator.post("/v/u/request", { ...fields, hc: hash(fields) });
  return Object.fromEntries(answer.body.split("\r\n").filter(Boolean).map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  }));
}

/** A new page of a browser, opened at an application. */
async function visit(answer, viewport = { width: 1100, height: 800 }) {
  assert.equal(answer.result, "0", JSON.stringify(answer));
  const context = await browser.newContext({ viewport, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`script error: ${error}`));
  page.on("console", (message) => {
    const icon = message.location().url.endsWith("/favicon.ico");
    if (message.type() === "error" && !icon) assert.fail(`console: ${message.text()} at ${page.url()}`);
  });
  await page.goto(answer.url);
  return page;
}

async function typeCard(page, number, more = {}) {
  await page.getByLabel("カードブランド").selectOption(more.brand ?? "VISA");
  await page.getByLabel("カード番号").fill(number);
  await page.getByLabel("月", { exact: true }).selectOption("12");
  await page.getByLabel("年", { exact: true }).selectOption(String(new Date().getFullYear() + 3));
  if (more.code) await page.getByLabel("カード確認番号").fill(more.code);
  await page.getByRole("button", { name: "入力内容を確認する" }).click();
}

const heading = (page) => page.locator("h1").innerText();

/** The statuses that the shop was told of for an order, once there are as many as expected. */
async function told(trading_id, count) {
  const mine = () => notices.filter((notice) => notice.trading_id === trading_id).map((notice) => notice.payment_status);
  for (let tries = 0; mine().length < count && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  return mine();
}

test("a card is paid with and the browser returns to the shop by itself", async () => {
  const answer = await apply({ payment_type: "02", finish_disable: "1", use_card_conf_number: "1", payment_class: "1" });
  const page = await visit(answer);
  assert.equal(await heading(page), "クレジットカードでのお支払い");
  await shot(page, "card-input");
  await typeCard(page, "4900-0000-0000-0000".slice(0, 16), { code: "12" });
  assert.match(await page.locator("main").innerText(), /ハイフンなしの数字14桁から16桁/);
  await shot(page, "card-mistakes");
  await page.getByLabel("分割・リボ・ボーナス払い").check();
  await page.getByLabel("お支払い方法").selectOption("61-03");
  await typeCard(page, GOOD, { code: "123" });
  assert.equal(await heading(page), "お支払い内容の確認");
  const text = await page.locator("main").innerText();
  assert.match(text, /\*{4}-\*{4}-\*{4}-0000/);
  assert.match(text, /分割3回/);
  assert.doesNotMatch(await page.content(), new RegExp(GOOD));
  await shot(page, "card-confirm");
  await page.getByRole("button", { name: "お支払い" }).click();
  await page.waitForURL(`${shop.url}/**`);
  assert.equal(await page.locator("#path").innerText(), `/back?order=${answer.trading_id}&acting=1`);
  assert.deepEqual(await told(answer.trading_id, 2), ["10", "20"]);
});

test("a completion page waits for the shopper when the shop wants one", async () => {
  const answer = await apply({ payment_type: "02", sales_flg: "1" });
  const page = await visit(answer);
  await typeCard(page, GOOD);
  await page.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(page), "お支払い完了");
  await shot(page, "card-done");
  await page.getByRole("link", { name: "購入したサイトへ戻る" }).click();
  assert.equal(await page.locator("#path").innerText(), `/back?order=${answer.trading_id}&acting=1`);
  assert.deepEqual(await told(answer.trading_id, 3), ["10", "20", "40"]);
  await page.goto(answer.url);
  assert.equal(await heading(page), "お支払い済みです");
  await shot(page, "paid");
});

test("a refused card can be followed by another one when the shop lets it", async () => {
  const answer = await apply({ payment_type: "02", re_payment_type: "1" });
  const page = await visit(answer);
  await typeCard(page, "4900000000008212");
  await page.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(page), "お支払いができませんでした");
  assert.match(await page.locator("main").innerText(), /2001 \(1G12\)/);
  await shot(page, "card-refused");
  await page.getByRole("link", { name: "もう一度カードで支払う" }).click();
  await typeCard(page, GOOD);
  await page.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(page), "お支払い完了");
  assert.deepEqual(await told(answer.trading_id, 4), ["10", "11", "10", "20"]);
});

test("a refused card ends there when the shop does not let it", async () => {
  const page = await visit(await apply({ payment_type: "02" }));
  await typeCard(page, "4900000000008101");
  await page.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(page), "お支払いができませんでした");
  assert.equal(await page.getByRole("link", { name: "もう一度カードで支払う" }).count(), 0);
});

test("input errors are corrected on the same payment, three times", async () => {
  const answer = await apply({ payment_type: "02" });
  const page = await visit(answer);
  for (let tries = 0; tries < 5; tries++) {
    await typeCard(page, "4900000000008244");
    await page.getByRole("button", { name: "お支払い" }).click();
    const again = page.getByRole("link", { name: "もう一度カードで支払う" });
    if (tries < 4) await again.click();
    else assert.match(await page.locator("main").innerText(), /2001 \(P903\)/);
  }
  assert.deepEqual(await told(answer.trading_id, 2), ["10", "11"]);
  assert.equal(new Set(notices.filter((n) => n.trading_id === answer.trading_id).map((n) => n.payment_id)).size, 1);
});

test("pressing twice, going back and a second window pay once", async () => {
  const answer = await apply({ payment_type: "02" });
  const [one, two] = [await visit(answer), await visit(answer)];
  await typeCard(one, GOOD);
  await typeCard(two, GOOD);
  await one.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(one), "お支払い完了");
  await two.getByRole("button", { name: "お支払い" }).click();
  assert.equal(await heading(two), "二重のお支払い");
  await shot(two, "paid-twice");
  await one.goBack();
  if ((await heading(one)) === "お支払い内容の確認") {
    await one.getByRole("button", { name: "お支払い" }).click();
  }
  assert.deepEqual(await told(answer.trading_id, 2), ["10", "20"]);
});

test("the shopper can stop", async () => {
  const answer = await apply({ payment_type: "02" });
  const page = await visit(answer);
  await page.getByRole("link", { name: "支払を中断する" }).click();
  assert.equal(await page.locator("#path").innerText(), `/stop?order=${answer.trading_id}`);
  const silent = await visit(await apply({ payment_type: "02", stop_return_url: "" }));
  assert.equal(await silent.getByRole("link", { name: "支払を中断する" }).count(), 0);
});

test("the page expires by the clock", async () => {
  const answer = await apply({ payment_type: "02", payment_term_min: "30" });
  const page = await visit(answer);
  const limit = answer.limit_date.replace(/(....)(..)(..)(..)(..)(..)/, "$1/$2/$3 $4:$5:$6");
  assert.match(await page.locator("aside").innerText(), new RegExp(limit));
  await emulator.api("POST", "/api/v1/clock/advance", { minutes: 31, merchant_id: MERCHANT });
  await page.goto(answer.url);
  assert.equal(await heading(page), "画面の有効期限切れ");
  await shot(page, "expired");
  await emulator.api("DELETE", `/api/v1/clock?merchant_id=${MERCHANT}`);
});

test("the menu shows the methods that can be used", async () => {
  const answer = await apply({ free_memo: "ご注文ありがとうございます。", customer_family_name: "山田", customer_name: "太郎", copy_right: "(c) Test Shop" });
  const page = await visit(answer);
  assert.equal(await heading(page), "お支払メニュー");
  await shot(page, "menu");
  await page.getByRole("link", { name: "クレジットカード" }).click();
  assert.equal(await heading(page), "クレジットカードでのお支払い");
  await page.getByRole("link", { name: "支払方法を変更する" }).click();
  await page.getByRole("link", { name: "店舗画面に戻る" }).click();
  assert.equal(await page.locator("#path").innerText(), `/stop?order=${answer.trading_id}`);
});

test("English stands beside the Japanese, and a phone shows everything", async () => {
  const answer = await apply({ payment_type: "02", appendix: "1", payment_class: "1", use_card_conf_number: "1" });
  const page = await visit(answer, { width: 390, height: 844 });
  assert.match(await heading(page), /Payment by credit card/);
  await shot(page, "phone-english-card");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
});
