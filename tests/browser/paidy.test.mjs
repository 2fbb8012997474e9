// A shop that loads Paidy's script from the address that it has in its code, in a real browser.

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { Inbox, launch, start } from './emulator.mjs';

const KEY = 'pk_test_paygentemulator0123456789';
const ADDRESS = 'https://apps.paidy.com/';

let emulator, browser, shop, secureShop, proxied;
const inbox = new Inbox();

/** A shop's confirmation page: a blocking script tag, and right behind it an inline script, as Welcart has it. */
function shopPage({ script, key, orderRef }) {
  const payload = {
    amount: 12000, currency: 'JPY', store_name: 'テスト <b>店舗</b>',
    buyer: { email: 'successful.payment@paidy.com', name1: '山田 太郎', phone: '08000000001' },
    order: { items: [{ id: 'A-1', quantity: 2, title: '商品 & <i>A</i>', unit_price: 6000 }], order_ref: orderRef, shipping: 0, tax: 0 },
    shipping_address: { line1: '', line2: '1-2-3', city: '渋谷区', state: '東京都', zip: '150-0001' },
  };
  return `<!doctype html><meta charset="utf-8"><title>shop</title>
<style>div, iframe { display: none; max-width: 10px } body { overflow: scroll }</style>
<button id="pay">Paidy</button>
<script src="${script}"></script>
<script>
  var results = [];
  var handler = Paidy.configure({ api_key: ${JSON.stringify(key)}, logo_url: '', closed: function (data) { results.push(data); } });
  document.getElementById('pay').onclick = function () { handler.launch(${JSON.stringify(payload).replaceAll('<', '\\u003c')}); };
</script>`;
}

before(async () => {
  emulator = await start(['--proxy', '127.0.0.1:0']);
  const answer = (request, response) => {
    const url = new URL(request.url, 'http://shop');
    if (request.method === 'POST') {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        inbox.add(new URLSearchParams(Buffer.concat(chunks).toString('latin1')));
        response.end('result=0');
      });
      return;
    }
    const script = url.searchParams.get('script') ?? ADDRESS;
    const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' ${new URL(script).origin}; frame-src ${url.searchParams.get('frames') ?? new URL(script).origin}`;
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.end(shopPage({ script, key: url.searchParams.get('key') ?? KEY, orderRef: url.searchParams.get('order') ?? 'order_1' }));
  };
  shop = http.createServer(answer);
  const pem = readFileSync(`${emulator.dir}/pki/server.pem`);
  secureShop = https.createServer({ key: pem, cert: pem }, answer);
  for (const server of [shop, secureShop]) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await emulator.api('PUT', '/api/v1/merchants/10000', { notification_url: `http://127.0.0.1:${shop.address().port}/` });
  browser = await launch([`--host-resolver-rules=MAP apps.paidy.com ${emulator.ports.listen}, MAP shop.test 127.0.0.1`]);
});

after(async () => {
  await proxied?.close();
  await browser?.close();
  shop?.close();
  secureShop?.close();
  emulator?.stop();
});

/** The shop's page with the dialogue open; errors of the page are collected. */
async function pay(query = {}, base = `http://127.0.0.1:${shop.address().port}`, inBrowser = browser) {
  const page = await inBrowser.newPage();
  await page.clock.install();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${base}/?${new URLSearchParams(query)}`);
  await page.click('#pay');
  const dialog = page.frameLocator('iframe[name=paidy-checkout]');
  return { page, dialog, errors, results: () => page.evaluate('results') };
}

async function toConfirmation(dialog, mail = 'successful.payment@paidy.com') {
  await dialog.locator('#mail').fill(mail);
  await dialog.locator('#phone').fill('08000000001');
  await dialog.locator('[data-step=buyer] button[type=submit]').click();
  await dialog.locator('#code').fill('8888');
  await dialog.locator('[data-step=code] button[type=submit]').click();
  await dialog.locator('#agree').waitFor();
}

async function ended(page) {
  await page.locator('iframe').waitFor({ state: 'detached' });
}

async function noticeOf(tradingId) {
  return (await inbox.of((notice) => notice.get('trading_id') === tradingId))[0];
}

test('a completed checkout is told to the page, and then becomes a payment with a notice', { timeout: 60_000 }, async () => {
  const { page, dialog, errors, results } = await pay({ order: 'done_1' });
  await dialog.locator('#mail').waitFor();
  assert.equal(await dialog.locator('#store').innerText(), 'テスト <b>店舗</b>');
  assert.equal(await dialog.locator('#mail').inputValue(), 'successful.payment@paidy.com');
  await toConfirmation(dialog);
  assert.match(await dialog.locator('#items').innerText(), /商品 & <i>A<\/i> × 2/);
  await dialog.locator('#agree').click();
  await ended(page);
  const [data, ...more] = await results();
  assert.deepEqual(more, []);
  assert.match(data.id, /^pay_\w{16}$/);
  assert.deepEqual([data.status, data.amount, data.currency], ['authorized', 12000, 'JPY']);
  assert.ok(!Number.isNaN(Date.parse(data.created_at)));
  assert.deepEqual(errors, []);

  const verified = await emulator.telegram('/n/paidy/request', '343', { paidy_payment_id: data.id });
  assert.deepEqual([verified.result, verified.retrieve_result, verified.trading_id], ['0', '0', 'done_1']);
  const notice = await noticeOf('done_1');
  assert.deepEqual([notice.get('payment_status'), notice.get('event'), notice.get('paidy_payment_id')], ['20', 'authorize', data.id]);
  const payment = await emulator.telegram('/n/ref/paymentref', '094', { trading_id: 'done_1' });
  assert.deepEqual([payment.payment_status, payment.payment_amount, payment.buyer_name_kanji], ['20', '12000', '山田 太郎']);
  await page.close();
});

test('the buyer can close, start again, and be refused; nothing is left', { timeout: 60_000 }, async () => {
  const { page, dialog, errors, results } = await pay({ order: 'refused_1' });
  await dialog.locator('#close').click();
  await ended(page);
  assert.deepEqual(await results(), [{ status: 'closed' }]);

  await page.click('#pay');
  // The key reaches the dialogue once the focus is there.
  await dialog.locator('#mail:focus').waitFor();
  await page.waitForFunction(() => document.activeElement.tagName === 'IFRAME');
  // The browser's tool may never hear what became of a key whose frame has gone: not waited for.
  page.keyboard.press('Escape').catch(() => {});
  await ended(page);
  assert.equal((await results()).length, 2);

  await page.click('#pay');
  await toConfirmation(dialog, 'rejected.payment@paidy.com');
  await dialog.locator('#agree').click();
  await ended(page);
  await page.click('#pay');
  await toConfirmation(dialog);
  await dialog.locator('#refuse').click();
  await ended(page);
  assert.deepEqual((await results()).map((data) => data.status), ['closed', 'closed', 'rejected', 'rejected']);
  const payment = await emulator.telegram('/n/ref/paymentref', '094', { trading_id: 'refused_1' });
  assert.equal(payment.response_code, '13001');
  assert.deepEqual(errors, []);
  await page.close();
});

test('shops on http and on https work alike', { timeout: 60_000 }, async () => {
  for (const base of [`http://shop.test:${shop.address().port}`, `https://shop.test:${secureShop.address().port}`]) {
    const { page, dialog, errors, results } = await pay({ order: 'alike_1' }, base);
    await toConfirmation(dialog);
    await dialog.locator('#agree').click();
    await ended(page);
    assert.deepEqual((await results()).map((data) => data.status), ['authorized'], base);
    assert.deepEqual(errors, [], base);
    await page.close();
  }
});

test('a wrong code can be typed again', { timeout: 60_000 }, async () => {
  const { page, dialog } = await pay({ order: 'code_1' });
  await dialog.locator('[data-step=buyer] button[type=submit]').click();
  await dialog.locator('#code').fill('1234');
  await dialog.locator('[data-step=code] button[type=submit]').click();
  await dialog.locator('#message', { hasText: '8888' }).waitFor();
  await dialog.locator('#code').fill('8888');
  await dialog.locator('#code').press('Enter');
  await dialog.locator('#agree').waitFor();
  await page.close();
});

test('a wrong public key says so, in both languages', { timeout: 60_000 }, async () => {
  const { page, dialog, results } = await pay({ key: 'pk_test_wrong' });
  await dialog.locator('#message', { hasText: 'pk_test_wrong' }).waitFor();
  await dialog.locator('.language a').click();
  await dialog.locator('#message', { hasText: 'belongs to no merchant' }).waitFor();
  await dialog.locator('[data-close]').click();
  await ended(page);
  assert.deepEqual(await results(), [{ status: 'closed' }]);
  await page.close();
});

test('the script works from our own host too, and a webhook can be lost', { timeout: 60_000 }, async () => {
  const { page, dialog, results, errors } = await pay({ order: 'lost_1', script: `${emulator.url}/paidy/checkout.js?webhook=lost&lang=en` });
  await dialog.locator('#mail').waitFor();
  assert.match(await dialog.locator('#amount').innerText(), /12,000 yen/);
  await toConfirmation(dialog);
  assert.equal(await dialog.locator('#webhook').inputValue(), 'lost');
  await dialog.locator('#agree').click();
  await ended(page);
  const [data] = await results();
  const verified = await emulator.telegram('/n/paidy/request', '343', { paidy_payment_id: data.id });
  assert.equal(verified.retrieve_result, '0');
  const capture = await emulator.telegram('/n/paidy/request', '341', { trading_id: 'lost_1' });
  assert.equal(capture.response_code, '24001');
  assert.deepEqual(errors, []);
  await page.close();
});

test('an error in the shop\'s own function leaves nothing on its page', { timeout: 60_000 }, async () => {
  const { page, dialog } = await pay({ order: 'error_1' });
  await dialog.locator('#mail').waitFor();
  await page.evaluate(() => { results.push = () => { throw new Error('the shop'); }; });
  await dialog.locator('#close').click();
  await ended(page);
  assert.equal(await page.locator('[aria-label=Paidy]').count(), 0);
  await page.click('#pay');
  await dialog.locator('#mail').waitFor();
  await page.close();
});

test('a browser whose proxy is ours reaches the script under its own name', { timeout: 60_000 }, async () => {
  proxied = await launch([`--proxy-server=https=${emulator.ports.proxy}`]);
  const { page, dialog, results } = await pay({ order: 'proxied_1' }, `http://localhost:${shop.address().port}`, proxied);
  await toConfirmation(dialog);
  await dialog.locator('#agree').click();
  await ended(page);
  assert.deepEqual((await results()).map((data) => data.status), ['authorized']);
});

test('a page whose policy forbids the frame gets its screen back', { timeout: 60_000 }, async () => {
  const { page, errors, results } = await pay({ frames: "'none'" });
  await page.locator('iframe').waitFor({ state: 'attached' });
  await page.clock.fastForward(20_000);
  await ended(page);
  assert.deepEqual(await results(), [{ status: 'closed' }]);
  assert.ok(errors.some((error) => error.includes('frame-src')), errors.join());
  await page.click('#pay');
  // The browser's tool may never hear what became of a key whose frame has gone: not waited for.
  page.keyboard.press('Escape').catch(() => {});
  await ended(page);
  assert.equal((await results()).length, 2);
  await page.close();
});
