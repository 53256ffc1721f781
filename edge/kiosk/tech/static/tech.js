// What the technician's pages do by themselves.
"use strict";
(() => {
  // A page that waits for an answer looks for it again.
  const waiting = document.querySelector("[data-reload]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload));
})();
