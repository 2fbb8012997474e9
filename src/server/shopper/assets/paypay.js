// Goes on to the shop by itself, as PayPay's pages do, when the result was shown for a moment.
const onward = document.querySelector("a[data-onward]");
if (onward) setTimeout(() => location.assign(onward.href), 3000);
