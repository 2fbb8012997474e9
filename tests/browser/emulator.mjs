// Starts the emulator and a browser for tests, and talks to it as a shop does.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const BINARY = process.env.PAYGENT_EMULATOR ?? fileURLToPath(new URL('../../target/debug/paygent-emulator', import.meta.url));

/** A running emulator on free ports, with a fresh data directory; `stop()` ends it. */
export async function startEmulator(flags = []) {
  const dir = mkdtempSync(join(tmpdir(), 'paygent-emulator-'));
  const args = ['--listen', '127.0.0.1:0', '--console', '127.0.0.1:0', '--data-dir', dir, ...flags];
  const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // The first line of output comes when all doors are open.
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the emulator ended with ${code}`)));
  });
  const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8'));
  const port = Number(ports.listen.split(':').pop());
  const pki = (name) => readFileSync(join(dir, 'pki', name));
  const tls = { ca: pki('ca.pem'), cert: pki('client.pem'), key: pki('client.pem'), passphrase: 'changeit' };
  return {
    port,
    /** The base URL of telegrams and pages. */
    url: `https://localhost:${port}`,
    /** A file of the directory of certificates; `server.pem` is good for a shop on https too. */
    pki,
    /** The CONNECT proxy, with the flag `--proxy`. */
    proxy: ports.proxy && `http://${ports.proxy}`,
    /** The plain port of the token script, with the flag `--http`. */
    http: ports.http,
    /** The base URL of console and control API. */
    console: `http://${ports.console}`,
    /** A request to the control API that must succeed. */
    async api(method, path, body) {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`http://${ports.console}${path}`, { method, headers, body: body && JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
      return text ? JSON.parse(text) : null;
    },
    /** Sends a telegram of the first merchant; its answer's fields. */
    async telegram(path, kind, fields) {
      const header = { merchant_id: '10000', connect_id: 'test0001', connect_password: 'password', telegram_kind: kind, telegram_version: '1.0' };
      const body = new URLSearchParams({ ...header, ...fields }).toString();
      const text = await post({ ...tls, host: '127.0.0.1', servername: 'localhost', port, path, method: 'POST' }, body);
      const lines = text.split('\r\n').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
      return Object.fromEntries(lines);
    },
    async stop() {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function post(options, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) };
    const request = https.request({ ...options, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(new TextDecoder('shift_jis').decode(Buffer.concat(chunks))));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Chromium, in which the given hosts lead to the emulator: `{'apps.paidy.com': '127.0.0.1:8443'}`; or a proxy does. */
export function startBrowser(hosts = {}, proxy = undefined) {
  const rules = Object.entries(hosts).map(([host, target]) => `MAP ${host} ${target}`).join(', ');
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    proxy: proxy && { server: proxy },
    args: [
      '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--ignore-certificate-errors', ...(rules ? [`--host-resolver-rules=${rules}`] : []),
    ],
  });
}
