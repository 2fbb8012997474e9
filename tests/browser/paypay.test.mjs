// A buyer goes from a shop's page to PayPay and back, in a real browser.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, follow, launch, shot, start } from './emulator.mjs';

let emulator;
let browser;
let shop;

const axe = readFileSync(fileURLToPath(new URL('node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

/** A shop whose /pay is the page that WooCommerce makes of the form: without its 32nd line, with a button of its own. */
async function startShop() {
  const forms = new Map();
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://shop');
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (url.pathname === '/favicon.ico') return response.end();
    if (url.pathname !== '/pay') return response.end(`<title>shop</title><h1>The shop</h1>`);
    const lines = forms.get(url.searchParams.get('order')).split('\r\n');
    lines.splice(31, 1);
    const form = `${lines.join('\n')}\n<input type="submit" value="Pay"></form>`;
    const script = url.searchParams.has('wait') ? '' : '<script>document.form.submit();</script>';
    response.end(`<title>shop</title><h1>Order</h1>${form}${script}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { forms, url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(['--client-auth', 'off']), launch(), startShop()]);
  // Applications of the link type without a hash.
  await emulator.api('PUT', '/api/v1/merchants/10000', { keys: { link_hash: '' } });
});

after(async () => {
  await browser?.close();
  shop?.stop();
  emulator?.stop();
});

/** Applies as WooCommerce does, and keeps the form as the shop's page for the order; the payment's id. */
async function order(trading_id, amount = '2980') {
  const fields = {
    merchant_id: '10000', connect_id: 'test0001', connect_password: 'password', telegram_kind: '420', telegram_version: '1.0',
    trading_id, payment_id: '', payment_amount: amount,
    cancel_url: `${shop.url}/cart/?cancel_order=true&redirect&order_id=7`, return_url: `${shop.url}/thanks?key=1`,
  };
  const answer = await emulator.post('/n/paypay/request', fields);
  const [head, html] = answer.body.split('redirect_html=\r\n');
  shop.forms.set(trading_id, html);
  return /payment_id=(\d+)/.exec(head)[1];
}

/** The script that leads from the result to the shop. */
const ONWARD = '**/assets/paypay.js';

/** A page on a phone or a desktop, which fails its test when something on it is wrong. */
async function openPage(url, { phone = false } = {}) {
  const viewport = phone ? { width: 390, height: 800 } : { width: 1200, height: 900 };
  const page = await browser.newPage({ viewport, ignoreHTTPSErrors: true });
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') page.errors.push(`${message.text()} ${message.location().url}`);
  });
  // The result goes on to the shop after a moment, in which a slow machine cannot look at it.
  await page.route(ONWARD, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  await page.goto(url);
  return page;
}

/** A page must fit its window, have no errors and be usable by all; its picture is kept for people. */
async function picture(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
  assert.deepEqual(page.errors, []);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map((violation) => `${violation.id}: ${violation.nodes[0].html}`), [], name);
  await shot(page, name);
}

const press = (page, role, name) => follow(page, () => page.getByRole(role, { name, exact: true }).click());

const status = async (payment_id) => (await emulator.api('GET', `/api/v1/payments/${payment_id}`)).payment_status;

const words = {
  ja: { login: 'ログイン', confirm: '認証する', pay: '支払う', refuse: 'PayPayに拒否させる', close: 'ブラウザを閉じる', wait: '5分を過ぎさせる', back: 'ショップに戻る' },
  en: { login: 'Log in', confirm: 'Confirm', pay: 'Pay', refuse: 'Let PayPay refuse', close: 'Close the browser', wait: 'Let five minutes pass', back: 'Back to the shop' },
};

/** From the shop's page to PayPay's payment page. */
async function walk(trading_id, lang, phone, name) {
  const page = await openPage(`${shop.url}/pay?order=${trading_id}`, { phone });
  await page.getByLabel('携帯電話番号').waitFor();
  if (lang === 'en') await press(page, 'link', 'English');
  if (name) await picture(page, `paypay-login-${name}`);
  await press(page, 'button', words[lang].login);
  if (name) await picture(page, `paypay-code-${name}`);
  await press(page, 'button', words[lang].confirm);
  if (name) await picture(page, `paypay-payment-${name}`);
  return page;
}

for (const lang of ['ja', 'en']) {
  for (const phone of [false, true]) {
    const where = `${lang}-${phone ? 'phone' : 'desktop'}`;

    test(`a buyer pays: ${where}`, async () => {
      const id = await order(`pay_${where.replace('-', '_')}`);
      const page = await walk(`pay_${where.replace('-', '_')}`, lang, phone, where);
      await press(page, 'button', words[lang].pay);
      await picture(page, `paypay-done-${where}`);
      assert.equal(await status(id), '40');
      // The result is shown for a moment, then the browser goes on by itself.
      await page.unroute(ONWARD);
      await page.reload();
      await page.waitForURL(`${shop.url}/thanks?**`);
      const { searchParams } = new URL(page.url());
      assert.deepEqual([searchParams.get('key'), searchParams.get('payment_id')], ['1', id]);
      assert.equal(searchParams.get('trading_id'), `pay_${where.replace('-', '_')}`);
    });

    test(`PayPay refuses: ${where}`, async () => {
      const trading_id = `no_${where.replace('-', '_')}`;
      const id = await order(trading_id);
      const page = await walk(trading_id, lang, phone);
      await press(page, 'button', words[lang].refuse);
      await picture(page, `paypay-failed-${where}`);
      await press(page, 'link', words[lang].back);
      assert.equal(await status(id), '15');
      assert.equal(page.url(), `${shop.url}/cart/?cancel_order=true&redirect&order_id=7&payment_id=${id}&trading_id=${trading_id}`);
    });

    test(`a buyer gives up: ${where}`, async () => {
      const trading_id = `up_${where.replace('-', '_')}`;
      const id = await order(trading_id);
      const page = await walk(trading_id, lang, phone);
      await press(page, 'button', words[lang].close);
      await picture(page, `paypay-closed-${where}`);
      await page.goBack();
      await press(page, 'button', words[lang].wait);
      await picture(page, `paypay-late-${where}`);
      assert.equal(await page.getByRole('link', { name: words[lang].back }).count(), 0);
      assert.equal(await status(id), '10');
    });
  }
}

test('a buyer allows a higher amount in the app', async () => {
  await emulator.api('PUT', '/api/v1/merchants/10000', { contracts: { paypay: { ships_first: true } } });
  const id = await order('ship_1', '1000');
  const page = await walk('ship_1', 'ja', true);
  await press(page, 'button', '支払う');
  await picture(page, 'paypay-accepted-phone');
  assert.equal(await status(id), '20');
  const app = await page.getByRole('link', { name: 'PayPayアプリの取引履歴（増額への同意）' }).getAttribute('href');
  const raised = await emulator.telegram('/n/paypay/request', '422', { payment_id: id, payment_amount: '1500' });
  assert.equal(raised.result, '2');
  await page.goto(emulator.url + app);
  await picture(page, 'paypay-consent-phone');
  await press(page, 'button', '変更内容を許可して支払う');
  await picture(page, 'paypay-consented-phone');
  assert.equal(await status(id), '40');
  await emulator.api('PUT', '/api/v1/merchants/10000', { contracts: { paypay: { ships_first: false } } });
});

test('the link type leads to PayPay and to its own last page', async () => {
  const answer = await emulator.post('/v/u/request', {
    trading_id: 'link_1', payment_type: '26,02', id: '2980', seq_merchant_id: '10000', threedsecure_ryaku: '1', isbtob: '1',
    return_url: `${shop.url}/thanks`, appendix: '1', merchant_name: '見本の店',
  });
  assert.match(answer.body, /result=0/);
  const page = await openPage(/^url=(.*)$/m.exec(answer.body)[1].trim());
  await follow(page, () => page.getByRole('link', { name: 'PayPay' }).click());
  await picture(page, 'paypay-link');
  await follow(page, () => page.getByRole('button', { name: /PayPayで支払う/ }).click());
  await press(page, 'button', 'ログイン');
  await press(page, 'button', '認証する');
  await press(page, 'button', '支払う');
  await press(page, 'link', 'ショップに戻る');
  await page.getByRole('heading', { name: 'お支払い完了' }).waitFor();
  await picture(page, 'paypay-link-done');
  await follow(page, () => page.getByRole('link', { name: /購入したサイトへ戻る/ }).click());
  assert.equal(page.url(), `${shop.url}/thanks`);
  await eventually(() => emulator.api('GET', '/api/v1/payments?merchant_id=10000&trading_id=link_1'),
    ({ payments }) => payments[0]?.payment_status === '40', 'the payment is made');
});
