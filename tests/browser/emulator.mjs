// Starts the emulator with free ports and a fresh data directory, and a Chromium beside it.
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

/** A Chromium that trusts any certificate; `more` are further flags, such as `--host-resolver-rules=…`. */
export function launch(more = []) {
  return chromium.launch({
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
}

/** Keeps a picture of a page when SHOTS names a folder for them. */
export async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
}
