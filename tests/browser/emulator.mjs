// Starts the emulator with free ports and a fresh data directory, and a Chromium beside it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import https from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.PAYGENT_EMULATOR ?? join(here, "../../target/debug/paygent-emulator");

/** A running emulator. */
export async function start(flags = []) {
  const dir = mkdtempSync(join(tmpdir(), "paygent-emulator-"));
  const args = ["--listen", "127.0.0.1:0", "--console", "127.0.0.1:0", "--data-dir", dir, ...flags];
  // Whoever tests the delay says so by the flag.
  const env = { ...process.env, PAYGENT_EMULATOR_NOTICE_DELAY: "0s" };
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "ignore"], env });
  // The first line of output comes when all doors are open.
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`the emulator ended with ${code}`)));
  });
  const ports = JSON.parse(readFileSync(join(dir, "ports.json"), "utf8"));
  const port = ports.listen.split(":").pop();
  const ca = readFileSync(join(dir, "pki/ca.pem"));
  return {
    dir,
    ports,
    url: `https://localhost:${port}`,
    /** A form-encoded POST to the TLS port: status, headers, body as they came. A text is sent as it is. */
    post: (path, fields) =>
      new Promise((resolve, reject) => {
        const body = typeof fields === "string" ? fields : new URLSearchParams(fields).toString();
        const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) };
        const options = { host: "localhost", port, path, method: "POST", ca, headers };
        const request = https.request(options, (response) => {
          const parts = [];
          response.on("data", (part) => parts.push(part));
          response.on("end", () =>
            resolve({ status: response.statusCode, headers: response.rawHeaders, body: Buffer.concat(parts).toString() }),
          );
        });
        request.on("error", reject);
        request.end(body);
      }),
    /** Sends a telegram of the first merchant with the client certificate; its answer's fields. */
    telegram: (path, kind, fields) =>
      new Promise((resolve, reject) => {
        const pem = readFileSync(join(dir, "pki/client.pem"));
        const header = { merchant_id: "10000", connect_id: "test0001", connect_password: "password" };
        const body = new URLSearchParams({ ...header, telegram_kind: kind, telegram_version: "1.0", ...fields }).toString();
        const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) };
        const tls = { ca, cert: pem, key: pem, passphrase: "changeit" };
        const request = https.request({ host: "localhost", port, path, method: "POST", headers, ...tls }, (response) => {
          const parts = [];
          response.on("data", (part) => parts.push(part));
          response.on("end", () => {
            const lines = new TextDecoder("shift_jis").decode(Buffer.concat(parts)).split("\r\n").filter(Boolean);
            resolve(Object.fromEntries(lines.map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)])));
          });
        });
        request.on("error", reject);
        request.end(body);
      }),
    /** A request to the control API that must succeed. */
    api: async (method, path, json) => {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`http://${ports.console}${path}`, { method, headers, body: json && JSON.stringify(json) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
      return text ? JSON.parse(text) : null;
    },
    stop: () => {
      child.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Lets a press of a link or a button lead on only after so many milliseconds, as a busy browser does. */
function hesitate(late) {
  const passed = new Set();
  const later = (again) => setTimeout(() => passed.add(again.key) && again.press(), late);
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || passed.delete(link)) return;
    event.preventDefault();
    later({ key: link, press: () => link.click() });
  });
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || passed.delete(form)) return;
    event.preventDefault();
    later({ key: form, press: () => form.requestSubmit(event.submitter) });
  });
  const { submit } = HTMLFormElement.prototype;
  HTMLFormElement.prototype.submit = function () {
    setTimeout(() => submit.call(this), late);
  };
}

/**
 * A Chromium that trusts any certificate; `more` are further flags, such as `--host-resolver-rules=…`.
 * With HESITATE=300 each press leads on 300 ms later: a walk that reads before what it waits for is there
 * then fails on every machine, and not on a slow one alone.
 */
export async function launch(more = []) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--ignore-certificate-errors",
      ...more,
    ],
  });
  const late = Number(process.env.HESITATE ?? 0);
  const { newContext } = browser;
  if (late) {
    browser.newContext = async (options) => {
      const context = await newContext.call(browser, options);
      await context.addInitScript(hesitate, late);
      return context;
    };
  }
  return browser;
}

/** Does what leads to another page, such as a press or a key, and waits until that page stands there; its answer. */
export async function follow(page, action) {
  const [answer] = await Promise.all([page.waitForNavigation(), action()]);
  return answer;
}

/** How long tests wait for what must come, in milliseconds: far more than the slowest machine needs. */
const PATIENCE = 20_000;

/** Reads something again and again until it is as it should be; says what it was at last when it never is. */
export async function eventually(read, fits, what) {
  for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const now = await read();
    if (fits(now)) return now;
    if (Date.now() > end) assert.fail(`${what}; at last: ${JSON.stringify(now)}`);
  }
}

/** What a shop was told. */
export class Inbox {
  #notices = [];

  add(notice) {
    this.#notices.push(notice);
  }

  /** The notices that fit, once there are as many as expected. */
  of(fits, count = 1) {
    const found = () => this.#notices.filter(fits);
    return eventually(found, (found) => found.length >= count, `the shop was not told ${count} times`);
  }
}

/** Keeps a picture of a page when SHOTS names a folder for them. */
export async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
}
