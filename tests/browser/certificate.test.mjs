// What a browser makes of being asked for a client certificate, which it does not have.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { eventually, launch, start } from './emulator.mjs';

const refused = async (emulator) => {
  const { entries } = await emulator.api('GET', '/api/v1/journal?limit=100');
  return entries.filter((entry) => entry.event === 'connection').map((entry) => entry.refusal.response_detail);
};

for (const policy of ['required', 'any']) {
  test(`a fresh browser opens pages and leaves no refusal behind (--client-auth ${policy})`, async () => {
    const emulator = await start(['--client-auth', policy]);
    const browser = await launch();
    try {
      const page = await browser.newPage();
      for (const path of ['/testtool/', '/testtool/statusupdatesearch', '/js/PaygentToken.js']) {
        assert.equal((await page.goto(emulator.url + path)).status(), 200);
      }
      assert.deepEqual(await refused(emulator), []);
    } finally {
      await browser.close();
      emulator.stop();
    }
  });
}

test('a browser that does not trust the CA is a refusal', async () => {
  const emulator = await start();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    await assert.rejects(page.goto(`${emulator.url}/testtool/`), /ERR_CERT_AUTHORITY_INVALID/);
    const [why] = await eventually(() => refused(emulator), (all) => all.length > 0, 'the journal shows no refusal');
    assert.match(why, /does not accept the server certificate/);
  } finally {
    await browser.close();
    emulator.stop();
  }
});
