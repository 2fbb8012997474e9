/* The steps of the checkout dialogue, between the shop's page (checkout.js) and the emulator. */
(function () {
  'use strict';

  const shop = window.parent;
  const root = document.getElementById('paidy');
  const steps = [...root.querySelectorAll('[data-step]')];
  const message = document.getElementById('message');
  const english = document.documentElement.lang === 'en';
  let order = null;
  let shopOrigin = '*';

  function show(name) {
    for (const step of steps) step.hidden = step.dataset.step !== name;
    const first = steps.find((step) => !step.hidden)?.querySelector('input, button');
    if (first) first.focus();
  }

  function say(text) {
    message.textContent = text;
    message.hidden = !text;
  }

  function close(callbackData) {
    shop.postMessage({ paidy: 'closed', callbackData }, shopOrigin);
  }

  /** Asks the emulator; returns its answer, or null after it has told what is wrong. */
  async function ask(what, more) {
    const typed = Object.fromEntries(['mail', 'phone', 'code', 'webhook'].map((id) => [id, document.getElementById(id).value]));
    const body = JSON.stringify({ english, api_key: order.api_key, payload: order.payload, ...typed, ...more });
    const buttons = root.querySelectorAll('[data-step] button');
    say('');
    for (const button of buttons) button.disabled = true;
    try {
      const answer = await fetch('/paidy/checkout/' + what, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      if (answer.ok) return answer.status === 204 ? {} : await answer.json();
      const told = await answer.json().catch(() => ({}));
      say(told.message || root.dataset.unreachable);
    } catch {
      say(root.dataset.unreachable);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
    return null;
  }

  /** Shows the order as the shop's page gave it. */
  function summarize(payload) {
    const text = (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
    document.getElementById('store').textContent = text(payload.store_name);
    document.getElementById('amount').textContent = Number(payload.amount).toLocaleString(english ? 'en' : 'ja') + (english ? ' yen' : '円');
    document.getElementById('summary').hidden = false;
    document.getElementById('mail').value = text(payload.buyer && payload.buyer.email);
    document.getElementById('phone').value = text(payload.buyer && payload.buyer.phone);
    const items = payload.order.items.filter((item) => item && typeof item === 'object').map((item) => {
      const line = document.createElement('li');
      line.textContent = [text(item.title) || text(item.id), text(item.quantity) && '× ' + text(item.quantity)].filter(Boolean).join(' ');
      return line;
    });
    document.getElementById('items').replaceChildren(...items);
  }

  async function start() {
    if (await ask('open')) {
      summarize(order.payload);
      show('buyer');
    } else {
      show('problem');
    }
  }

  function on(step, submit) {
    steps.find((one) => one.dataset.step === step).addEventListener('submit', (event) => {
      event.preventDefault();
      submit();
    });
  }

  async function finish(agreed) {
    const callbackData = await ask('finish', { agreed });
    if (callbackData) close(callbackData);
  }

  on('buyer', () => {
    say('');
    show('code');
  });
  on('code', async () => {
    if (await ask('code')) show('confirm');
  });
  on('confirm', () => finish(true));
  document.getElementById('refuse').addEventListener('click', () => finish(false));
  for (const back of root.querySelectorAll('[data-back]')) {
    back.addEventListener('click', () => {
      say('');
      show(back.dataset.back);
    });
  }
  for (const button of root.querySelectorAll('#close, [data-close]')) {
    button.addEventListener('click', () => close({ status: 'closed' }));
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close({ status: 'closed' });
  });

  if (shop === window) {
    document.getElementById('close').hidden = true;
    show('alone');
    return;
  }
  window.addEventListener('message', (event) => {
    if (event.source !== shop || order || !event.data || event.data.paidy !== 'order') return;
    order = event.data;
    shopOrigin = event.origin === 'null' ? '*' : event.origin;
    start();
  });
  shop.postMessage({ paidy: 'ready' }, '*');
})();
