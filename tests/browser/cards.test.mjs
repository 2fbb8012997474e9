// Tokens and 3-D Secure in a real browser, from the shop's page to the payment.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, shot, start } from './emulator.mjs';

const TOKEN_KEY = 'test_tokengenerationkey';
const HASH_KEY = 'threedsecurehashkey0123';
const VISA = '4980000000000000';

let emulator;
let browser;
let shop;

before(async () => {
  [emulator, browser, shop] = await Promise.all([start(['--http', '127.0.0.1:0']), launch(), startShop()]);
});

after(async () => {
  await browser?.close();
  await shop?.stop();
  emulator?.stop();
});

/** A shop on plain http, another origin than the emulator's: it shows the pages that a test puts up. */
async function startShop() {
  const pages = new Map();
  const server = http.createServer((request, response) => {
    const path = request.url.split('?')[0];
    response.setHeader('Content-Type', 'text/html; charset=UTF-8');
    response.end(pages.get(path) ?? `<p id="where">${request.url.replaceAll('&', '&amp;')}</p>`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, pages, stop: () => new Promise((resolve) => server.close(resolve)) };
}

/** Sends a telegram as the shop's server does; the answer's fields, a page's text as one. */
async function telegram(path, kind, fields) {
  const header = { merchant_id: '10000', connect_id: 'test0001', connect_password: 'password', telegram_kind: kind, telegram_version: '1.0' };
  const body = new URLSearchParams({ ...header, ...fields }).toString();
  const pki = (name) => readFileSync(join(emulator.dir, 'pki', name));
  const client = pki('client.pem');
  const options = {
    host: 'localhost', port: new URL(emulator.url).port, path, method: 'POST', ca: pki('ca.pem'), cert: client, key: client, passphrase: 'changeit',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) },
  };
  const text = await new Promise((resolve, reject) => {
    const request = https.request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(Buffer.concat(parts).toString()));
    });
    request.on('error', reject);
    request.end(body);
  });
  const [head, html = ''] = text.split('out_acs_html=\r\n');
  const lines = head.split('\r\n').filter((line) => line.includes('='));
  return { ...Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])), out_acs_html: html };
}

/** A page of the shop with the token script; what the page throws is collected. */
async function checkout(script = `${emulator.url}/js/PaygentToken.js`) {
  shop.pages.set('/checkout', `<!DOCTYPE html><html><head><script src="${script}" charset="UTF-8"></script></head><body></body></html>`);
  const page = await browser.newPage();
  page.thrown = [];
  page.on('pageerror', (error) => page.thrown.push(error));
  await page.goto(`${shop.url}/checkout`);
  return page;
}

const card = (more = {}) => ({ card_number: VISA, expire_year: '39', expire_month: '1', cvc: '123', ...more });

/** Calls a method of a new PaygentToken in the page and waits for its callback. */
function make(page, method, card, { id = '10000', key = TOKEN_KEY, url } = {}) {
  return page.evaluate(
    ([method, id, key, card, url]) =>
      new Promise((resolve) => {
        const maker = new window.PaygentToken();
        if (url) maker.URL = url;
        let returned = false;
        const given = maker[method](id, key, card, (response) => resolve({ ...response, early: !returned }));
        returned = given === undefined;
      }),
    [method, id, key, card, url],
  );
}

test('a card token and a code token can be made at once on one object', async () => {
  const page = await checkout();
  // As the WooCommerce plugin does, with the merchant id as a number.
  const [code, full] = await page.evaluate(
    ([key, card]) => {
      const maker = new window.PaygentToken();
      const call = (method, card) => new Promise((resolve) => maker[method](10000, key, card, resolve));
      return Promise.all([call('createCvcToken', { cvc: card.cvc }), call('createToken', card)]);
    },
    [TOKEN_KEY, card({ expire_year: 39, expire_month: 1 })],
  );
  assert.deepEqual([code.result, full.result], ['0000', '0000']);
  assert.match(code.tokenizedCardObject.token, /^tok_/);
  assert.match(full.tokenizedCardObject.token, /^tok_/);
  assert.notEqual(code.tokenizedCardObject.token, full.tokenizedCardObject.token);
  assert.equal(full.tokenizedCardObject.masked_card_number, '************0000');
  assert.match(full.tokenizedCardObject.valid_until, /^\d{14}$/);
  assert.match(full.hc, /^[0-9a-f]{64}$/);
  assert.equal(code.tokenizedCardObject.masked_card_number, undefined);
  assert.equal(code.hc, undefined);

  const stored = await telegram('/n/card/request', '025', { customer_id: 'wc1', card_token: full.tokenizedCardObject.token });
  assert.equal(stored.result, '0');
  const paid = await telegram('/n/card/request', '020', {
    payment_amount: '500', '3dsecure_ryaku': '1', stock_card_mode: '1', customer_id: 'wc1', customer_card_id: stored.customer_card_id,
    security_code_token: '1', security_code_use: '1', card_token: code.tokenizedCardObject.token,
  });
  assert.equal(paid.result, '0');
  assert.deepEqual(page.thrown, []);
  await page.close();
});

test('every keystroke ends in one callback and never in an exception', async () => {
  const page = await checkout();
  const results = await page.evaluate(
    ([key, number]) => {
      const maker = new window.PaygentToken();
      const all = [];
      for (let typed = 0; typed <= number.length; typed++) {
        const card = { card_number: number.slice(0, typed), expire_year: '39', expire_month: '12', cvc: '' };
        all.push(new Promise((resolve) => maker.createToken(10000, key, card, resolve)));
        all.push(new Promise((resolve) => maker.createCvcToken(10000, key, { cvc: number.slice(0, typed) }, resolve)));
      }
      for (const card of [undefined, null, {}]) {
        all.push(new Promise((resolve) => maker.createToken(10000, key, card, resolve)));
        all.push(new Promise((resolve) => maker.createCvcToken(10000, key, card, resolve)));
      }
      maker.createToken(10000, key, {});
      maker.createToken();
      return Promise.all(all).then((all) => all.map((response) => response.result));
    },
    [TOKEN_KEY, VISA],
  );
  const cards = results.slice(0, 34).filter((_, at) => at % 2 === 0);
  assert.deepEqual(cards, ['1300', ...Array(13).fill('1301'), '0000', '0000', '0000']);
  const codes = results.slice(0, 34).filter((_, at) => at % 2 === 1);
  assert.deepEqual(codes.slice(0, 6), ['1601', '1600', '1600', '0000', '0000', '1600']);
  assert.deepEqual(results.slice(34), ['1300', '1601', '1300', '1601', '1300', '1601']);
  assert.deepEqual(page.thrown, []);
  await page.close();
});

test('wrong keys and servers that do not answer end in a code', async () => {
  const page = await checkout();
  const dead = http.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => dead.once('listening', resolve));
  const nowhere = `http://127.0.0.1:${dead.address().port}/n/token/request`;
  await new Promise((resolve) => dead.close(resolve));
  for (const [how, expected] of [
    [{ key: 'test_other' }, '1201'],
    [{ key: '' }, '1200'],
    [{ id: '' }, '1100'],
    [{ id: '', key: '' }, '1200'],
    [{ url: nowhere }, '7001'],
    [{ url: `${shop.url}/a-page-not-json` }, '7001'],
    [{ url: `${emulator.url}/n/token/request` }, '0000'],
  ]) {
    const made = await make(page, 'createToken', card(), how);
    assert.deepEqual([made.result, made.early], [expected, false], JSON.stringify(how));
  }
  await page.context().setOffline(true);
  assert.equal((await make(page, 'createToken', card())).result, '7001');
  await page.context().setOffline(false);
  assert.deepEqual(page.thrown, []);
  await page.close();
});

test('a shop on plain http loads the script from the plain port and gets its tokens there', async () => {
  const page = await checkout(`//${emulator.ports.http}/js/PaygentToken.js?ver=2.4.8`);
  const asked = page.waitForRequest((request) => request.url().endsWith('/n/token/request'));
  assert.equal((await make(page, 'createToken', card())).result, '0000');
  assert.match((await asked).url(), /^http:/);
  await page.close();
});

/** Starts an authentication at the gateway. */
async function authenticate(more = {}) {
  const started = await telegram('/n/threeds/request', '450', {
    term_url: `${shop.url}/return?key=wc_order_1`, merchant_name: 'テスト商店', authentication_type: '01', payment_amount: '12480',
    card_set_method: 'direct', card_number: VISA, card_valid_term: '1239', ...more,
  });
  assert.equal(started.result, '0');
  return started;
}

/** The shop's ways to show `out_acs_html`. */
const ways = {
  // Welcart: the page is the answer.
  async echoed(page, html) {
    shop.pages.set('/3ds', html);
    await page.goto(`${shop.url}/3ds`, { waitUntil: 'commit' });
  },
  // WooCommerce: printed into a page of the shop after four replacements, submitted by the shop's own script.
  async printed(page, html) {
    const inside = html
      .replace('<html>', '<!--<html>')
      .replace('<body onload="OnLoadEvent();">', '<body onload="OnLoadEvent();">-->')
      .replace('</body>', '')
      .replace('</html>', '');
    shop.pages.set('/order-pay', `<!DOCTYPE html><html><body><h1>Order</h1><div>${inside}</div><script>
      window.onload = function () { document.submitForm.submit(); };</script></body></html>`);
    await page.goto(`${shop.url}/order-pay`, { waitUntil: 'commit' });
  },
  // A Java client: written into a window.
  async written(page, html) {
    await page.goto(`${shop.url}/return`);
    await page.evaluate((html) => { document.open(); document.write(html); document.close(); }, html).catch(() => {});
  },
};

/** Waits until the browser is back at the shop; the parameters that it brought. */
async function returned(page) {
  await page.waitForURL((url) => url.href.startsWith(`${shop.url}/return?key=wc_order_1&`));
  return Object.fromEntries(new URL(page.url()).searchParams);
}

async function pay(id) {
  const paid = await telegram('/n/card/request', '020', {
    trading_id: 'b1', payment_amount: '12480', card_number: VISA, card_valid_term: '1239', '3dsecure_use_type': '2', '3ds_auth_id': id,
  });
  if (paid.result !== '0') return paid.response_code;
  return (await telegram('/n/ref/paymentref', '094', { payment_id: paid.payment_id })).payment_status;
}

for (const [way, show] of Object.entries(ways)) {
  for (const [name, result, attempt, paid] of [['BAVYA', '0', '', '20'], ['BAVAA', '0', '0', '20'], ['BAVUA', '0', '1', '20'], ['BAVRA', '1', undefined, '31011']]) {
    test(`without a page for the buyer: ${name}, ${way}`, async () => {
      const started = await authenticate({ cardholder_name: name });
      const page = await browser.newPage();
      await show(page, started.out_acs_html);
      const back = await returned(page);
      assert.deepEqual([back.result, back.attempt_kbn, back['3ds_auth_id']], [result, attempt, started['3ds_auth_id']]);
      const parts = back.result + back['3ds_auth_id'] + (back.attempt_kbn ?? '') + HASH_KEY;
      assert.equal(back.hc, createHash('sha256').update(parts).digest('hex'));
      assert.equal(await pay(started['3ds_auth_id']), paid);
      await page.close();
    });
  }
}

for (const locale of ['ja-JP', 'en-GB']) {
  test(`the issuer asks for a password, in ${locale}`, async () => {
    const context = await browser.newContext({ locale, viewport: locale === 'ja-JP' ? { width: 390, height: 844 } : { width: 1280, height: 800 }, ignoreHTTPSErrors: true });
    const open = async () => {
      const started = await authenticate({ cardholder_name: 'BAVCA' });
      const page = await context.newPage();
      await ways.echoed(page, started.out_acs_html);
      await page.waitForSelector('input[type=password]');
      return { page, id: started['3ds_auth_id'] };
    };
    const type = async (page, password) => {
      await page.fill('input[type=password]', password);
      await page.keyboard.press('Enter');
    };
    const japanese = locale === 'ja-JP';

    const { page, id } = await open();
    assert.match(await page.textContent('main'), japanese ? /12,480円/ : /JPY 12,480/);
    assert.match(await page.textContent('main'), /テスト商店/);
    await shot(page, `challenge-${locale}`);
    await type(page, '99999');
    await page.waitForSelector('[role=alert]');
    await shot(page, `challenge-wrong-${locale}`);
    await type(page, '14012');
    const back = await returned(page);
    assert.deepEqual([back.result, back.attempt_kbn], ['0', '']);
    assert.equal(await pay(id), '20');

    for (const [password, result, attempt, paid] of [['14042', '1', undefined, /^31011$/], ['14052', '0', '1', /^20$/], [null, '1', undefined, /^31011$/]]) {
      const { page, id } = await open();
      if (password) await type(page, password);
      else await page.click(`button:has-text("${japanese ? 'キャンセル' : 'Cancel'}")`);
      const back = await returned(page);
      assert.deepEqual([back.result, back.attempt_kbn, back.response_code], [result, attempt, result === '1' ? '31007' : undefined]);
      assert.match(await pay(id), paid);
      await page.close();
    }

    // The other language is a click away.
    const other = await open();
    await other.page.click(`a:has-text("${japanese ? 'English' : '日本語'}")`);
    await other.page.waitForSelector(`html[lang=${japanese ? 'en' : 'ja'}]`);
    await context.close();
  });
}

test('a buyer without scripts can go on by hand', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const started = await authenticate({ cardholder_name: 'BAVYA' });
  await ways.echoed(page, started.out_acs_html);
  await page.click('input[type=submit]');
  await page.waitForSelector('form#go-on');
  await shot(page, 'device');
  await page.click('button');
  assert.equal((await returned(page)).result, '0');
  await context.close();
});

test('3-D Secure 1.0 asks for its password, too', async () => {
  const asked = await telegram('/n/card/request', '020', {
    trading_id: 'old', payment_amount: '300', card_number: '5123459358515820', card_valid_term: '1239', '3dsecure_use_type': '1',
    http_accept: '*/*', http_user_agent: 'x', term_url: `${shop.url}/return?key=wc_order_1`,
  });
  assert.equal(asked.result, '7');
  const page = await browser.newPage();
  await ways.echoed(page, asked.out_acs_html);
  await page.fill('input[type=password]', 'password');
  await shot(page, 'classic');
  await page.keyboard.press('Enter');
  const back = await returned(page);
  assert.deepEqual([back.result, back.payment_id, back.trading_id], ['0', asked.payment_id, 'old']);
  await page.close();
});
