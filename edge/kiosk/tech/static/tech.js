// Presence, health and refusals are no records, so no notice tells of them: these parts look again by themselves.
"use strict";
(() => {
  // A page that waits for an answer looks for it again.
  const waiting = document.querySelector("[data-reload]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload));

  for (const part of document.querySelectorAll("[data-every]")) {
    setInterval(async () => {
      if (document.hidden || part.querySelector("details[open]")) return;  // somebody reads what came in
      try {
        const answer = await fetch(part.dataset.src, { headers: { "X-Live": "1" } });
        if (answer.redirected || answer.status === 401) { location.reload(); return; }
        if (answer.ok) part.innerHTML = await answer.text();
      } catch (error) {
        console.info("not refreshed:", error.message);
      }
    }, Number(part.dataset.every));
  }
})();
