// The test environment's tool in a real browser: QA looks a payment up and marks it as paid, and the shop hears of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Inbox, follow, launch, shot, start } from "./emulator.mjs";

const binary = process.env.PAYGENT_EMULATOR ?? fileURLToPath(new URL("../../target/debug/paygent-emulator", import.meta.url));

let emulator;
let browser;
let shop;

/** A shop that accepts every notice and remembers it. */
async function startShop() {
  const inbox = new Inbox();
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      inbox.add(Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())));
      response.end("result=0");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** The notice that a payment entered a status; waits for it. */
    async notice(paymentId, status) {
      return (await inbox.of((notice) => notice.payment_id === paymentId && notice.payment_status === status))[0];
    },
    /** The notice that a file is done; waits for it. */
    async file(receipt) {
      return (await inbox.of((notice) => notice.file_receipt_id === receipt))[0];
    },
    stop: () => server.close(),
  };
}

/** A telegram of the first merchant; its payment id. */
function apply(kind, fields) {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const answer = execFileSync(binary, ["send", kind, ...pairs, "--data-dir", emulator.dir], { encoding: "utf8" });
  return answer.match(/^payment_id=([0-9]+)/m)[1];
}

/** A page that the browser must not complain about. */
async function watched() {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  return { page, errors };
}

/** Opens the tool and types the merchant and a payment. */
async function open(page, paymentId) {
  await page.goto(`${emulator.url}/testtool/`);
  await page.getByLabel("マーチャントID").fill("10000");
  await page.getByLabel("マーチャント接続ID").fill("test0001");
  await page.getByLabel("マーチャント接続パスワード").fill("password");
  if (paymentId) await page.getByLabel("決済ID").fill(paymentId);
}

/** Presses a button of the tool and waits for the screen that it leads to. */
const press = (page, name) => follow(page, () => page.getByRole("button", { name }).click());

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(), launch(), startShop()]);
  await emulator.api("PUT", "/api/v1/merchants/10000", { notification_url: shop.url });
});

after(async () => {
  await browser?.close();
  await emulator?.stop();
  shop?.stop();
});

test("a payment at Lawson is cleared, and the shop hears of it", async () => {
  const id = apply("030", {
    trading_id: "order1",
    payment_amount: "1000",
    customer_family_name: "試験",
    customer_name: "太郎",
    customer_tel: "0312345678",
    payment_limit_date: "5",
    cvs_company_id: "00C002",
    sales_type: "1",
  });
  const { page, errors } = await watched();
  await open(page, id);
  await shot(page, "testtool-search");
  await press(page, "検索");
  await page.getByLabel("更新後の決済ステータス").selectOption({ label: "消込済" });
  await page.getByLabel("コンビニ企業CD").selectOption({ label: "ローソン" });
  await press(page, "実行");
  assert.match(await page.getByRole("status").innerText(), /入金日時を入力してください。/);
  await shot(page, "testtool-missing");
  await page.getByLabel("入金日時").fill("20210628123000");
  await press(page, "実行");
  assert.match(await page.getByRole("status").innerText(), /処理結果: 正常終了しました。/);
  await shot(page, "testtool-done");
  const notice = await shop.notice(id, "40");
  assert.deepEqual([notice.trading_id, notice.payment_date, notice.cvs_company_id], ["order1", "20210628123000", "00C002"]);
  await press(page, "戻る");
  assert.equal(await page.getByLabel("決済ID").inputValue(), id);
  assert.deepEqual(errors, []);
  await page.close();
});

test("a transfer to a virtual account is offered with the amount of its claim", async () => {
  const id = apply("070", { trading_id: "order2", claim_amount: "2100" });
  const { page, errors } = await watched();
  await open(page, id);
  await follow(page, () => page.getByLabel("決済ID").press("Enter"));
  assert.equal(await page.getByLabel("決済金額").inputValue(), "2100");
  await page.getByLabel("振込日").fill("20261201");
  await press(page, "実行");
  assert.match(await page.getByRole("status").innerText(), /処理結果: 正常終了しました。/);
  assert.equal((await shop.notice(id, "40")).payment_amount, "2100");
  assert.deepEqual(errors, []);
  await page.close();
});

test("the screens for payments without an application work on a phone and in English", async () => {
  const { page, errors } = await watched();
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  await press(page, "仮想口座データを生成する");
  await page.getByLabel("振込依頼人名").waitFor();
  await shot(page, "testtool-deposit");
  await press(page, "戻る");
  await press(page, "コンビニ決済（払込票）生成");
  await page.getByLabel("入金日時").fill("202612010930");
  await page.getByLabel("バーコード自由使用欄").fill("12345678901234567");
  await page.getByLabel("バーコード記載金額").fill("500");
  await page.getByLabel("印紙税").selectOption({ label: "なし" });
  await page.getByLabel("コンビニ企業CD").selectOption({ label: "ローソン" });
  await press(page, "実行");
  const result = await page.getByRole("status").innerText();
  assert.match(result, /実行結果: 正常終了しました。 決済ID: [0-9]+/);
  await shot(page, "testtool-slip");
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide`);
  await follow(page, () => page.getByRole("link", { name: "English" }).click());
  await page.getByLabel("Merchant ID").fill("10000");
  await page.getByLabel("Connect ID").fill("test0001");
  await page.getByLabel("Connect password").fill("password");
  await page.getByLabel("Payment ID").fill(result.match(/[0-9]+$/)[0]);
  await press(page, "Search");
  const offered = await page.getByLabel("New payment status").locator("option").allInnerTexts();
  assert.deepEqual(offered, ["40 消込済", "61 速報取消済"]);
  await shot(page, "testtool-english");
  assert.deepEqual(errors, []);
  await page.close();
});

/** Stores a card with a validity check; its 顧客カードID. */
function store(customer, number) {
  const fields = { customer_id: customer, card_number: number, card_valid_term: "1139", valid_check_flg: "1" };
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const answer = execFileSync(binary, ["send", "025", ...pairs, "--data-dir", emulator.dir], { encoding: "utf8" });
  return answer.match(/^customer_card_id=([0-9]+)/m)[1];
}

test("charges to a stored card are stopped, the cards are updated, and the shop hears that the result is there", async () => {
  await emulator.api("PUT", "/api/v1/merchants/10000", { file_notification_url: shop.url });
  const stopped = store("c1", "4566000000010000");
  const renewed = store("c2", "4566000000020000");
  const { page, errors } = await watched();
  await open(page);
  await press(page, "請求停止カード登録");
  await page.getByRole("heading", { name: "請求停止カード登録" }).waitFor();
  await press(page, "実行");
  assert.match(await page.getByRole("status").innerText(), /処理結果: 顧客IDを入力してください。/);
  await page.getByLabel("顧客ID").fill("c1");
  await page.getByLabel("顧客カードID").fill(stopped);
  await press(page, "実行");
  assert.match(await page.getByRole("status").innerText(), /処理結果: 正常終了しました。/);
  await shot(page, "testtool-stop");
  await press(page, "戻る");
  assert.equal(await page.getByLabel("マーチャントID").inputValue(), "10000");
  await press(page, "洗替処理実行");
  const result = await page.getByRole("status").innerText();
  const [, receipt] = result.match(/処理結果: 正常終了しました。 受付番号: ([0-9]{9}) \(対象カード: 2件\)/);
  await shot(page, "testtool-update");
  const told = await shop.file(receipt);
  assert.deepEqual([told.event_id, told.hc.length], ["file.process.done", 64]);
  const cards = await emulator.api("GET", "/api/v1/cards?merchant_id=10000");
  const of = (id) => cards.find((card) => card.customer_card_id === id);
  assert.deepEqual([of(stopped).stopped, of(stopped).check.valid_check_result], [true, "3"]);
  assert.deepEqual([of(renewed).masked_card_number, of(renewed).card_valid_term], ["************0099", "1140"]);
  assert.deepEqual(errors, []);
  await page.close();
});

test("the same in English and on a phone, by card number, which is not shown again", async () => {
  store("c3", "4566123456781234");
  const { page, errors } = await watched();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${emulator.url}/testtool/?lang=en`);
  await page.getByLabel("Merchant ID").fill("10000");
  await page.getByLabel("Connect ID").fill("test0001");
  await page.getByLabel("Connect password").fill("password");
  await press(page, "Stop charges to a stored card");
  await page.getByLabel("Card number").fill("4566123456781234");
  await press(page, "Execute");
  assert.match(await page.getByRole("status").innerText(), /Result: Done\./);
  assert.equal(await page.getByLabel("Card number").inputValue(), "");
  assert.ok(!(await page.content()).includes("4566123456781234"));
  await shot(page, "testtool-stop-english");
  await press(page, "Back");
  await press(page, "Update the stored cards");
  assert.match(await page.getByRole("status").innerText(), /Result: Done\. Receipt number: [0-9]{9} \(cards asked about: 2\)/);
  await shot(page, "testtool-update-english");
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 390, `the page is ${width} pixels wide`);
  assert.deepEqual(errors, []);
  await page.close();
});

test("the console shows the stored cards and the results", async () => {
  for (const locale of ["ja", "en"]) {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    const errors = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`http://${emulator.ports.console}/merchants/10000`);
    await page.getByRole("link", { name: locale === "ja" ? "登録カード" : "Stored cards" }).click();
    await page.getByText(locale === "ja" ? "3 請求停止" : "3 charges stopped").first().waitFor();
    await shot(page, `console-cards-${locale}`);
    assert.deepEqual(errors, []);
    await context.close();
  }
});
