/*
 * PaygentToken.js of paygent-emulator: makes tokens of card data in the buyer's browser.
 * Same interface as the script of the real test environment; plain ES5, no other library.
 */
(function (window) {
  'use strict';

  /* The token server that belongs to the place where this script came from. */
  function endpoint() {
    var script = window.document && window.document.currentScript;
    var src = script && script.src;
    if (!src && window.document) {
      var scripts = window.document.getElementsByTagName('script');
      for (var i = scripts.length - 1; i >= 0 && !src; i--) {
        if (/PaygentToken\.js/.test(scripts[i].src)) {
          src = scripts[i].src;
        }
      }
    }
    var origin = /^https?:\/\/[^\/]+/.exec(src || '');
    return (origin ? origin[0] : 'https://sandbox.paygent.co.jp') + '/n/token/request';
  }

  var DEFAULT_URL = endpoint();
  var PATIENCE = 30000;

  function PaygentToken() {
    this.URL = DEFAULT_URL;
  }

  function text(value) {
    return value === undefined || value === null ? '' : String(value);
  }

  function twoDigits(value) {
    var digits = text(value);
    return digits.length === 1 ? '0' + digits : digits;
  }

  /* Calls back once, never before the call that asked has returned, and never lets anything out but a code. */
  function teller(callback) {
    var told = false;
    return function (response) {
      if (told) {
        return;
      }
      told = true;
      window.setTimeout(function () {
        if (typeof callback === 'function') {
          callback(response);
        }
      }, 0);
    };
  }

  function send(url, values, callback) {
    var tell = teller(callback);
    var pairs = [];
    var name;
    var request;
    try {
      if (!window.XMLHttpRequest) {
        tell({ result: '7000' });
        return;
      }
      for (name in values) {
        if (Object.prototype.hasOwnProperty.call(values, name)) {
          pairs.push(encodeURIComponent(name) + '=' + encodeURIComponent(values[name]));
        }
      }
      request = new window.XMLHttpRequest();
      request.open('POST', text(url) || DEFAULT_URL, true);
      request.timeout = PATIENCE;
      request.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
      request.onload = function () {
        var response = null;
        try {
          response = request.status === 200 ? JSON.parse(request.responseText) : null;
        } catch (ignored) {
          response = null;
        }
        tell(response && typeof response.result === 'string' ? response : { result: '7001' });
      };
      request.onerror = request.ontimeout = request.onabort = function () {
        tell({ result: '7001' });
      };
      request.send(pairs.join('&'));
    } catch (ignored) {
      tell({ result: '7001' });
    }
  }

  PaygentToken.prototype.createToken = function (merchantId, tokenKey, card, callback) {
    card = card || {};
    send(this.URL, {
      merchant_id: text(merchantId),
      token_generate_key: text(tokenKey),
      card_number: text(card.card_number),
      card_expire_year: twoDigits(card.expire_year),
      card_expire_month: twoDigits(card.expire_month),
      card_cvc: text(card.cvc),
      card_name: text(card.name)
    }, callback);
  };

  PaygentToken.prototype.createCvcToken = function (merchantId, tokenKey, card, callback) {
    card = card || {};
    send(this.URL, {
      merchant_id: text(merchantId),
      token_generate_key: text(tokenKey),
      card_cvc: text(card.cvc),
      cvc_only_flg: '1'
    }, callback);
  };

  window.PaygentToken = PaygentToken;
})(window);
