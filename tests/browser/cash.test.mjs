// A buyer pays by internet banking, with electronic money, and looks at a payment slip, in a real browser.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { follow, launch, shot, start } from './emulator.mjs';

let emulator;
let browser;
let shop;

/** A shop to which browsers come back. */
async function startShop() {
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<title>shop</title><h1>The shop</h1><p>${request.url.replaceAll('&', '&amp;')}</p>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** A page in Japanese or English, on a phone or a desktop, that fails the test when its console has an error. */
async function openPage(url, { phone = false } = {}) {
  const viewport = phone ? { width: 390, height: 800 } : { width: 1200, height: 900 };
  const page = await browser.newPage({ viewport, ignoreHTTPSErrors: true });
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`); });
  await page.goto(url);
  page.errors = errors;
  return page;
}

/** A page must fit its window and have no errors; its picture is kept for people. */
async function picture(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
  assert.deepEqual(page.errors, []);
  await shot(page, name);
}

/** 商品 in Windows-31J, which URLSearchParams cannot write. */
const goods = '%8f%a4%95i';

/** Sends a telegram of the first merchant; its answer's fields. \u0001 stands for 商品, \u0000 for its kana. */
async function telegram(path, kind, fields) {
  const header = { merchant_id: '10000', connect_id: 'test0001', connect_password: 'password', telegram_kind: kind, telegram_version: '1.0' };
  const body = new URLSearchParams({ ...header, ...fields }).toString();
  const answer = await emulator.post(path, body.replaceAll('%00', '%bc%ae%b3%cb%dd').replaceAll('%01', goods));
  const lines = answer.body.split('\r\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

async function apply(trading_id, more = {}) {
  return telegram('/n/bank/requestasp', '060', {
    trading_id, amount: '12345', claim_kana: '\u0000', claim_kanji: '\u0001', merchant_name: '\u0001',
    return_url: `${shop.url}/end?order=1`, stop_return_url: `${shop.url}/cart`, copy_right: '(C) sample shop', ...more,
  });
}

/** Presses a link or a button and waits for the page that it leads to. */
const press = (page, role, name) => follow(page, () => page.getByRole(role, { name }).click());

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(['--client-auth', 'off']), launch(), startShop()]);
});

after(async () => {
  await browser?.close();
  emulator?.stop();
  shop?.stop();
});

test('a buyer picks a direct bank, pays there and comes back to the shop', async () => {
  const { asp_url } = await apply('order1');
  const page = await openPage(asp_url);
  await page.getByRole('heading', { name: 'ネットバンキングでのお支払い' }).waitFor();
  assert.equal(await page.getByText('12,345円').count(), 1);
  await picture(page, 'bank-selection');
  await press(page, 'link', '楽天銀行');
  await picture(page, 'bank-transfer');
  await press(page, 'link', '進む');
  await picture(page, 'bank');
  await press(page, 'button', '支払う');
  await page.getByRole('heading', { name: 'The shop' }).waitFor();
  const back = new URL(page.url()).searchParams;
  assert.deepEqual([back.get('order'), back.get('result'), back.get('trading_id')], ['1', '0', 'order1']);
  const told = await telegram('/n/ref/paymentref', '094', { payment_id: back.get('payment_id') });
  assert.deepEqual([told.payment_status, told.bank_code], ['40', 'D036']);
  // The deal is closed.
  await page.goto(asp_url);
  await page.getByRole('alert').waitFor();
  await picture(page, 'bank-closed');
  await press(page, 'link', '店舗画面に戻る');
  assert.equal(new URL(page.url()).pathname, '/cart');
});

test('on a phone a buyer finds a regional bank, gives up there and picks another', async () => {
  const { asp_url } = await apply('order2');
  const page = await openPage(asp_url, { phone: true });
  await picture(page, 'bank-selection-phone');
  await press(page, 'link', '地方銀行一覧');
  await picture(page, 'bank-list-phone');
  await press(page, 'link', '横浜銀行');
  await press(page, 'link', '進む');
  await press(page, 'button', '中止する');
  await page.getByText('お支払いは中止されました。').waitFor();
  await picture(page, 'bank-aborted-phone');
  await press(page, 'link', '金融機関を選び直す');
  await page.getByLabel('金融機関コード検索').fill('9900');
  await press(page, 'button', '検索');
  await press(page, 'link', 'ゆうちょ銀行');
  await press(page, 'link', '進む');
  await press(page, 'button', '支払う');
  await page.getByText('お支払いが完了しました。').waitFor();
  await picture(page, 'bank-paid-phone');
  await press(page, 'link', '購入したサイトへ戻る');
  const back = new URL(page.url());
  assert.deepEqual([back.pathname, back.searchParams.get('result')], ['/end', '0'], 'the order, not the cart');
  const { payments } = await emulator.api('GET', '/api/v1/payments?merchant_id=10000&trading_id=order2');
  assert.deepEqual(payments.map((payment) => payment.payment_status), ['40', '15']);
});

test('the pages speak English on demand', async () => {
  const { asp_url } = await apply('order3');
  const page = await openPage(asp_url);
  await press(page, 'link', 'English');
  await picture(page, 'bank-selection-english');
  await press(page, 'link', 'Mizuho Bank');
  await press(page, 'link', 'Go on');
  await press(page, 'button', 'Pay');
  await page.getByText('Your payment is complete.').waitFor();
});

test("WebMoney's test screen completes a payment", async () => {
  const answer = await telegram('/n/emoney/request', '150', {
    trading_id: 'money1', emoney_type: '1', amount: '1000', return_url: `${shop.url}/done`, cancel_url: `${shop.url}/cancel`,
  });
  const page = await openPage(answer.redirect_url);
  await picture(page, 'webmoney');
  await page.getByLabel('取消・補正時の処理結果').selectOption('タイムアウトエラー');
  await press(page, 'button', '決済を完了する場合はここをクリック');
  await page.getByRole('heading', { name: 'The shop' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('payment_id'), answer.payment_id);
  const refund = await telegram('/n/emoney/request', '152', { payment_id: answer.payment_id });
  assert.equal(refund.response_code, '11005');
});

test('a payment slip can be read on a phone and on paper', async () => {
  for (const [name, cvs_company_id] of [['seven', '00C001'], ['family', '00C005'], ['lawson', '00C002']]) {
    const answer = await telegram('/n/conveni/request', '030', {
      trading_id: name, payment_amount: '2490', cvs_company_id, sales_type: '1', customer_tel: '0312345678',
      customer_family_name: '\u0001', customer_name: '\u0001', site_info: '\u0001',
    });
    const { receipt_print_url, receipt_number } = answer;
    const page = await openPage(receipt_print_url, { phone: name === 'family' });
    assert.ok(await page.getByText(receipt_number, { exact: true }).count() > 0);
    await picture(page, `slip-${name}`);
    if (name !== 'lawson') {
      const bars = await page.getByRole('img', { name: receipt_number }).boundingBox();
      assert.ok(bars.width > 200 && bars.height > 40);
    }
  }
});
