// Keeps the parts of a page marked data-live up to date: when the emulator says that something happened, the page is
// fetched again and those parts are exchanged. What they show is made in one place, the server.
"use strict";

const parts = [...document.querySelectorAll("[data-live]")];
const state = document.querySelector("[data-live-state]");
let again = false;
let busy = false;

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const other = fresh.getElementById(part.id);
        // Whoever is about to press something in there must not lose it.
        if (other && !part.contains(document.activeElement)) part.replaceChildren(...other.childNodes);
      }
    }
  } catch { /* The emulator is gone for a moment; the stream says so. */ }
  busy = false;
  if (again) { again = false; setTimeout(refresh, 200); }
}

if (parts.length) {
  const events = new EventSource("/api/v1/events");
  const tell = (live) => { if (state) { state.hidden = false; state.dataset.liveState = live ? "on" : "off"; } };
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 150); };
  events.addEventListener("journal", soon);
  events.addEventListener("lagged", soon);
  events.addEventListener("open", () => tell(true));
  events.addEventListener("error", () => tell(false));
  addEventListener("pagehide", () => events.close());
}
