// Tells the gateway that the buyer goes back to the shop, in browsers that send no pings of links.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[ping]");
  if (link) navigator.sendBeacon(link.getAttribute("ping"));
});
