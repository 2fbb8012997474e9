/*
 * Paidy's checkout, as paygent-emulator plays it: window.Paidy is there when this script has been loaded.
 *
 *   var handler = Paidy.configure({ api_key: 'pk_test_...', closed: function (callbackData) { ... } });
 *   handler.launch(payload);
 *
 * The dialogue is a page of the emulator in a frame of its own. Options in this script's address:
 * webhook=late or webhook=lost (what becomes of Paidy's webhook to Paygent), lang=en.
 */
(function () {
  'use strict';

  if (window.Paidy && window.Paidy.emulated) return;

  /** How long the dialogue may take to load before the page gets its screen back. */
  var PATIENCE_MS = 20000;

  /** The dialogue's address: at the host that this script came from. */
  var dialogUrl = (function () {
    var script = document.currentScript;
    var source = script && script.src;
    for (var i = 0; !source && i < document.scripts.length; i++) {
      var candidate = document.scripts[i].src;
      if (/^https?:\/\/apps\.paidy\.com(?=[:\/?]|$)|\/paidy\/checkout\.js(?=\?|$)/.test(candidate)) source = candidate;
    }
    var from = new URL(source || 'https://apps.paidy.com/', document.baseURI);
    var url = new URL('/paidy/dialog', from);
    ['webhook', 'lang'].forEach(function (name) {
      var value = from.searchParams.get(name);
      if (value) url.searchParams.set(name, value);
    });
    return url;
  })();

  var isOpen = false;

  /** A copy that can be sent to a frame; what cannot be written as JSON is nothing. */
  function plain(value) {
    try {
      return JSON.parse(JSON.stringify(value === undefined ? null : value));
    } catch (error) {
      console.error('Paidy: the payload cannot be written as JSON', error);
      return null;
    }
  }

  /** Sets styles so that the page's own rules do not reach them; no style attribute, which a content policy may forbid. */
  function style(element, styles) {
    Object.keys(styles).forEach(function (name) {
      element.style.setProperty(name, styles[name], 'important');
    });
  }

  function launch(config, payload) {
    if (isOpen) return;
    isOpen = true;
    var order = { paidy: 'order', api_key: String(config.api_key || ''), payload: plain(payload) };
    var before = document.activeElement;

    var overlay = document.createElement('div');
    overlay.setAttribute('role', 'dialog');
    overlay.setAttribute('aria-modal', 'true');
    overlay.setAttribute('aria-label', 'Paidy');
    style(overlay, {
      all: 'initial', position: 'fixed', top: '0', left: '0', width: '100%', height: '100%', 'z-index': '2147483647',
      display: 'flex', 'align-items': 'center', 'justify-content': 'center', background: 'rgba(31, 41, 51, 0.6)'
    });
    var frame = document.createElement('iframe');
    frame.title = 'Paidy';
    frame.name = 'paidy-checkout';
    frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms');
    frame.referrerPolicy = 'no-referrer';
    style(frame, {
      all: 'initial', display: 'block', width: '100%', height: '100%', 'max-width': '480px', 'max-height': '720px',
      border: '0', background: '#fff', 'color-scheme': 'light'
    });
    frame.src = dialogUrl.href;
    overlay.appendChild(frame);

    function close(callbackData) {
      if (!isOpen) return;
      isOpen = false;
      clearTimeout(patience);
      window.removeEventListener('message', onMessage);
      document.removeEventListener('keydown', onKey, true);
      overlay.remove();
      if (before && before.focus) before.focus();
      // Last, so that an error in the page's own function leaves nothing of ours behind.
      if (typeof config.closed === 'function') config.closed(callbackData);
    }

    function onMessage(event) {
      if (event.source !== frame.contentWindow || event.origin !== dialogUrl.origin || !event.data) return;
      if (event.data.paidy === 'ready') {
        clearTimeout(patience);
        frame.contentWindow.postMessage(order, dialogUrl.origin);
        frame.focus();
      } else if (event.data.paidy === 'closed') {
        close(event.data.callbackData);
      }
    }

    function onKey(event) {
      if (event.key === 'Escape') close({ status: 'closed' });
    }

    var patience = setTimeout(function () {
      console.error('Paidy: the dialogue at ' + dialogUrl.href + ' did not load. Does the browser trust the ' +
        'certificate of that host, and does the page\'s content policy (frame-src) allow it?');
      close({ status: 'closed' });
    }, PATIENCE_MS);

    window.addEventListener('message', onMessage);
    document.addEventListener('keydown', onKey, true);
    (document.body || document.documentElement).appendChild(overlay);
  }

  window.Paidy = {
    emulated: true,
    configure: function (config) {
      var settings = config || {};
      return {
        launch: function (payload) {
          launch(settings, payload);
        }
      };
    }
  };
})();
